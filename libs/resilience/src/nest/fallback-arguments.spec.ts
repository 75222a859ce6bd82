import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { type PipelineKind, pipelineKindsOf } from '../core/policies.ts';
import type { StaleValue } from '../core/policy.ts';
import { CircuitBreaker, UsePipeline } from './decorators.ts';
import type { FallbackMethod } from './fallback.ts';
import { policyDecorator } from './policy-decorator.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

type AnyMethod = (...args: unknown[]) => unknown;

const down = new Error('down');

async function instanceOf<T extends object>(
  provider: Provider & (new () => T),
  options: ResilienceModuleOptions = {},
): Promise<T> {
  const retry = { configs: { default: { maxAttempts: 1 } } };
  const fallback = { configs: { default: { handlers: [] } } };
  const application = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {}, retry, fallback, ...options })],
    providers: [provider],
  }).compile();
  await application.init();
  return application.get(provider);
}

/** Returns its arguments, so that a test sees what a fallback gets. */
@Injectable()
class Client {
  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  async none(): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  async one(_id: string): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  async optional(_id: string, _options?: object): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  async defaults(_page: number, _size = 10): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  async rest(_id: string, ..._tags: string[]): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  @CircuitBreaker('inner')
  async stacked(_id: string): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  @CircuitBreaker('inner')
  async stackedRest(..._ids: string[]): Promise<unknown> {
    throw down;
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
  watch(_id: string): Observable<unknown> {
    return throwError(() => down);
  }

  @CircuitBreaker({ name: 'client', fallbackMethod: 'first' })
  async onlyFirst(_id: string): Promise<unknown> {
    throw down;
  }

  given(...args: unknown[]): unknown {
    return args;
  }

  first(id: string): unknown {
    return id;
  }
}

/** The ways in which frameworks call a method with more arguments than it declares. */
const callers: readonly (readonly [string, (method: AnyMethod, client: Client) => unknown])[] = [
  ['a GraphQL resolver (parent, args, context, info)', (method, client) => method.call(client, 'x', {}, {}, {})],
  ['array.map (element, index, array)', async (method, client) => (await Promise.all(['x'].map(method, client)))[0]],
  ['a cron job (onComplete)', (method, client) => method.call(client, 'x', () => {})],
  ['a message handler (data, context)', (method, client) => method.call(client, 'x', { pattern: 'find' })],
  ['an event emitter', (method, client) => method.call(client, 'x', undefined)],
];

describe('the arguments of a fallback (resilience4j#1174, opossum#459)', () => {
  it.each(callers)('are those that the method declares, followed by the error, when called by %s', async (_, call) => {
    const client = await instanceOf(Client);

    expect(await call(client.one as AnyMethod, client)).toStrictEqual(['x', down]);
    expect(await call(client.stacked as AnyMethod, client)).toStrictEqual(['x', down]);
  });

  it.each(callers)('are only the error if the method declares none, when called by %s', async (_, call) => {
    const client = await instanceOf(Client);

    expect(await call(client.none as AnyMethod, client)).toStrictEqual([down]);
  });

  it('include optional parameters and those with a default, also when the caller omits them', async () => {
    const client = await instanceOf(Client);

    expect(await client.optional('x')).toStrictEqual(['x', undefined, down]);
    expect(await (client.optional as AnyMethod).call(client, 'x', {}, 'extra')).toStrictEqual(['x', {}, down]);
    expect(await client.defaults(1)).toStrictEqual([1, undefined, down]);
    expect(await client.defaults(1, 20)).toStrictEqual([1, 20, down]);
    expect(await (client.defaults as AnyMethod).call(client, 1, 20, 'extra')).toStrictEqual([1, 20, down]);
  });

  it('are all arguments of a rest parameter, without a gap if there are none', async () => {
    const client = await instanceOf(Client);

    expect(await client.rest('x', 'a', 'b')).toStrictEqual(['x', 'a', 'b', down]);
    expect(await client.rest('x')).toStrictEqual(['x', down]);
    expect(await client.stackedRest()).toStrictEqual([down]);
    expect(await client.stackedRest('a', 'b')).toStrictEqual(['a', 'b', down]);
  });

  it('are those of the declaration for an Observable too', async () => {
    const client = await instanceOf(Client);
    const watched = (client.watch as AnyMethod).call(client, 'x', {}, {}) as Observable<unknown>;

    expect(await lastValueFrom(watched)).toStrictEqual(['x', down]);
  });

  it('start with the first argument of the call, for a fallback with one parameter', async () => {
    const client = await instanceOf(Client);

    expect(await client.onlyFirst('x')).toBe('x');
  });
});

/** Decorates a method without the compiler's metadata, as after esbuild and tsx. */
function decorate<T extends object>(prototype: T, key: keyof T & string, fallbackMethod: FallbackMethod): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
  const decorated = CircuitBreaker({ name: 'client', fallbackMethod })(prototype, key, descriptor);
  Object.defineProperty(prototype, key, decorated ?? descriptor);
}

describe('the arguments of a fallback without metadata of the compiler', () => {
  @Injectable()
  class Untyped {
    async plain(_page: number, _size: number) {
      throw down;
    }

    async defaults(_page: number, _size = 10, { a = [1, 2], ...more }: { a?: number[] } = { a: [3] }) {
      throw a.length + Object.keys(more).length > 9 ? undefined : down;
    }

    async strings(_a = ')(,...', _b = "'...", _c = `...`) {
      throw down;
    }

    async rest(_id: string, ...ids: readonly string[]) {
      throw ids.length > 9 ? undefined : down;
    }

    async spread(_ids = [...new Set([1, 2])], _last = Math.max(1, 2)) {
      throw down;
    }

    async unreadable(_id: string, _pattern = /[,)]/) {
      throw down;
    }

    given(...args: unknown[]): unknown {
      return args;
    }
  }
  const keys = ['plain', 'defaults', 'strings', 'rest', 'spread', 'unreadable'] as const;
  for (const key of keys) decorate(Untyped.prototype, key, 'given');

  it.each([
    ['plain', [1, 2]],
    ['defaults', [1, 2, 3]],
    ['strings', [1, 2, 3]],
    ['rest', [1, 2, 3, 4, 5]],
    ['spread', [1, 2]],
    // The source text of this one is too complicated: its length is 1.
    ['unreadable', [1]],
  ] as const)('are counted in the source text: %s', async (key, expected) => {
    const client = await instanceOf(Untyped);

    expect(await (client[key] as AnyMethod).call(client, 1, 2, 3, 4, 5)).toStrictEqual([...expected, down]);
  });
});

describe('the arguments of a fallback below a decorator of another library', () => {
  type Wrap = (method: AnyMethod) => AnyMethod;

  /** The ways in which decorators replace a method by a function of any arguments. */
  const replacements: readonly (readonly [string, Wrap])[] = [
    [
      'a function',
      (method) =>
        function (this: unknown, ...args: unknown[]) {
          return method.apply(this, args);
        },
    ],
    [
      'a named function',
      (method) =>
        function traced(this: unknown, ...args: unknown[]) {
          return method.apply(this, args);
        },
    ],
    [
      'an async function',
      (method) =>
        async function (this: unknown, ...args: unknown[]) {
          return await method.apply(this, args);
        },
    ],
    [
      'an arrow function',
      (method) =>
        (...args) =>
          method(...args),
    ],
    [
      'an async arrow function',
      (method) =>
        async (...args) =>
          await method(...args),
    ],
    [
      'a function with one parameter before the rest',
      (method) =>
        function (this: unknown, first: unknown, ...others: unknown[]) {
          return method.call(this, first, ...others);
        },
    ],
  ];

  it.each(replacements)('are counted in the metadata of the compiler: %s', async (_, wrap) => {
    const Foreign: MethodDecorator = (_prototype, _key, descriptor) => {
      descriptor.value = wrap(descriptor.value as AnyMethod) as never;
    };

    @Injectable()
    class ForeignClient {
      @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
      @Foreign
      async none(): Promise<unknown> {
        throw down;
      }

      @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
      @Foreign
      async one(_a: string): Promise<unknown> {
        throw down;
      }

      @CircuitBreaker({ name: 'client', fallbackMethod: 'given' })
      @Foreign
      async two(_a: string, _b: string): Promise<unknown> {
        throw down;
      }

      given(...args: unknown[]): unknown {
        return args;
      }
    }
    const client = await instanceOf(ForeignClient);
    const call = (method: AnyMethod) => method.call(client, 1, 2, 3, 4);

    expect(await call(client.none as AnyMethod)).toStrictEqual([down]);
    expect(await call(client.one as AnyMethod)).toStrictEqual([1, down]);
    expect(await call(client.two as AnyMethod)).toStrictEqual([1, 2, down]);
  });
});

describe('the arguments of a fallback of every policy', () => {
  const kinds: readonly (PipelineKind | 'pipeline')[] = [...pipelineKindsOf(), 'pipeline'];

  it.each(kinds)('are those that the method declares, followed by the error: %s', async (kind) => {
    @Injectable()
    class Protected {
      @policyDecorator(kind, '@Policy', { name: 'client', fallbackMethod: 'given', key: (id: string) => id })
      async find(_id: string): Promise<unknown> {
        throw down;
      }

      given(...args: unknown[]): unknown {
        return args;
      }
    }
    const client = await instanceOf(Protected, { pipelines: { client: ['cachedFallback'] } });

    expect(await (client.find as AnyMethod).call(client, 'x', {}, {})).toStrictEqual(['x', down]);
  });
});

describe("a fallback with arguments: 'error'", () => {
  it('gets only the error, also for some error classes', async () => {
    @Injectable()
    class ErrorOnly {
      @CircuitBreaker({ name: 'client', fallbackMethod: { method: 'given', arguments: 'error' } })
      async forAll(_id: string): Promise<unknown> {
        throw down;
      }

      @CircuitBreaker({
        name: 'client',
        fallbackMethod: ['unused', { method: 'given', on: Error, arguments: 'error' }],
      })
      async forSome(_id: string): Promise<unknown> {
        throw down;
      }

      unused(): void {}

      given(...args: unknown[]): unknown {
        return args;
      }
    }
    const client = await instanceOf(ErrorOnly);

    expect(await client.forAll('x')).toStrictEqual([down]);
    expect(await client.forSome('x')).toStrictEqual([down]);
  });

  it('has one parameter: the application does not start with more, or with another value of arguments', async () => {
    @Injectable()
    class Faulty {
      @CircuitBreaker({ name: 'client', fallbackMethod: { method: 'two', arguments: 'error' } })
      async find(_id: string): Promise<void> {}

      @CircuitBreaker({ name: 'client', fallbackMethod: { method: 'two', arguments: 'errors' as 'error' } })
      async misspelt(_id: string): Promise<void> {}

      two(_id: string, _error: Error): void {}
    }
    const error: unknown = await instanceOf(Faulty).catch((caught: unknown) => caught);

    expect((error as InvalidOptionsError).faults).toStrictEqual([
      {
        option: 'Faulty.find: fallbackMethod of @CircuitBreaker',
        given: "'two', which takes 2 parameters",
        allowed: 'at most 1 (the error)',
      },
      {
        option: 'Faulty.misspelt: fallbackMethod of @CircuitBreaker',
        given: "'two' with the arguments 'errors'",
        allowed: "'error', or nothing",
      },
    ]);
  });
});

describe('the arguments of a key function and of a stale method', () => {
  it('are those that the method declares', async () => {
    @Injectable()
    class Rates {
      isUp = true;

      @UsePipeline({ name: 'rates', key: (...parts: string[]) => parts.join('/'), staleMethod: 'stale' })
      async find(_currency: string): Promise<unknown> {
        if (this.isUp) return 'rate';
        throw down;
      }

      stale(...args: unknown[]): unknown {
        return args;
      }
    }
    const rates = await instanceOf(Rates, { pipelines: { rates: ['cachedFallback'] } });
    const find = (...args: unknown[]) => (rates.find as AnyMethod).call(rates, ...args);

    await find('EUR', 'first request');
    rates.isUp = false;

    const stale = expect.objectContaining({ value: 'rate' }) as StaleValue;
    expect(await find('EUR', 'second request')).toStrictEqual(['EUR', stale]);
  });
});
