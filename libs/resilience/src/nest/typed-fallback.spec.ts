import { Injectable, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { InvalidOptionsError } from '../core/errors.ts';
import { Bulkhead, CircuitBreaker, RateLimiter, Retry, TimeLimiter, UsePipeline } from './decorators.ts';
import type { PolicyDecoratorOptions } from './policy-decorator.ts';
import { ResilienceModule } from './resilience.module.ts';

const down = new Error('down');

async function instanceOf<T extends object>(provider: Provider & (new () => T)): Promise<T> {
  const application = await Test.createTestingModule({
    imports: [
      ResilienceModule.forRoot({
        env: {},
        retry: { configs: { default: { maxAttempts: 1 } } },
        pipelines: { client: ['circuitBreaker'] },
      }),
    ],
    providers: [provider],
  }).compile();
  await application.init();
  return application.get(provider);
}

type Status = 'exists' | 'unknown';

@Injectable()
class Client {
  readonly prefix = 'cached';

  @CircuitBreaker({ name: 'client', fallback: (self: Client, error, id: string) => [self.prefix, error, id] })
  async find(_id: string): Promise<unknown[]> {
    throw down;
  }

  @UsePipeline({ name: 'client', fallback: (_self: Client, _error, ..._ids: (string | undefined)[]) => 'unknown' })
  async status(_id: string, _other?: string): Promise<Status> {
    throw down;
  }

  @Retry({ name: 'client', fallback: async (_self: Client): Promise<Status> => 'unknown' })
  async later(_id: string): Promise<Status> {
    throw down;
  }

  @Bulkhead({
    name: 'client',
    fallbackMethod: { method: 'forRanges', on: RangeError },
    fallback: (self: Client, error) => self.rethrown(error),
  })
  async selected(error: Error): Promise<string> {
    throw error;
  }

  @RateLimiter({ name: 'client', fallback: (_self: Client, _error, id: string) => of(id, 'cached') })
  watch(_id: string): Observable<string> {
    return throwError(() => down);
  }

  @TimeLimiter({ name: 'client', fallback: (self: Client, ...rest: unknown[]) => rest.length + self.prefix.length })
  async count(_id: string): Promise<number> {
    throw down;
  }

  protected forRanges(_given: Error, error: RangeError): string {
    return `range ${error.message}`;
  }

  private rethrown(error: unknown): never {
    throw new Error('no replacement', { cause: error });
  }
}

describe('a fallback function', () => {
  it('gets the instance, the error and the arguments that the method declares', async () => {
    const client = await instanceOf(Client);

    expect(await client.find('x')).toStrictEqual(['cached', down, 'x']);
    expect(
      await Promise.all(['x'].map((...given) => (client.find as (...args: unknown[]) => unknown).apply(client, given))),
    ).toStrictEqual([['cached', down, 'x']]);
    expect(await client.status('x')).toBe('unknown');
    expect(await client.later('x')).toBe('unknown');
    expect(await client.count('x')).toBe('cached'.length + 2);
  });

  it('replaces the errors that no fallback method selects, and what it throws is thrown', async () => {
    const client = await instanceOf(Client);

    expect(await client.selected(new RangeError('5'))).toBe('range 5');
    await expect(client.selected(down)).rejects.toThrow('no replacement');
  });

  it('returns an Observable for a method that does', async () => {
    const client = await instanceOf(Client);

    expect(await firstValueFrom(client.watch('x'))).toBe('x');
  });

  it('is the only fallback for every error and no generator: otherwise the application does not start', async () => {
    @Injectable()
    class Faulty {
      @CircuitBreaker({ name: 'client', fallbackMethod: 'other', fallback: () => 'a' })
      async twice(): Promise<string> {
        throw down;
      }

      @CircuitBreaker({
        name: 'client',
        fallback: function* () {
          yield 'a';
        },
      })
      async generated(): Promise<Iterable<string>> {
        throw down;
      }

      other(): string {
        return 'b';
      }
    }
    const error: unknown = await instanceOf(Faulty).catch((caught: unknown) => caught);

    expect((error as InvalidOptionsError).faults).toStrictEqual([
      {
        option: 'Faulty.twice: fallbackMethod of @CircuitBreaker',
        given: "'other' and the function fallback for every error",
        allowed: 'one of them',
      },
      {
        option: 'Faulty.generated: fallbackMethod of @CircuitBreaker',
        given: 'a generator',
        allowed: 'a function without yield',
      },
    ]);
  });
});

describe('the types of a fallback function', () => {
  it('fit the method, or the decorator does not compile', () => {
    class Other {
      readonly other = 1;
    }
    class Typed {
      readonly own = 2;

      // @ts-expect-error -- the fallback declares a number where the method has a string
      @CircuitBreaker({ name: 'client', fallback: (_self: Typed, _error, id: number) => String(id) })
      async argument(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- the fallback has a parameter that the method does not have
      @CircuitBreaker({ name: 'client', fallback: (_self: Typed, _error, _id: string, page: number) => String(page) })
      async parameters(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- the fallback returns a number, the method a string
      @Retry({ name: 'client', fallback: (_self: Typed, _error, _id: string) => 1 })
      async result(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- the fallback returns a promise of a number, the method one of a string
      @TimeLimiter({ name: 'client', fallback: async (_self: Typed) => 1 })
      async promise(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- the fallback returns an Observable, the method a promise
      @Bulkhead({ name: 'client', fallback: (_self: Typed) => of('') })
      async observable(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- the fallback declares an instance of another class
      @RateLimiter({ name: 'client', fallback: (self: Other) => String(self.other) })
      async instance(_id: string): Promise<string> {
        return '';
      }

      // @ts-expect-error -- 'other' is none of the literals that the method returns
      @UsePipeline({ name: 'client', fallback: () => 'other' })
      async literal(_id: string): Promise<Status> {
        return 'exists';
      }

      // @ts-expect-error -- the class has no member 'missing'
      @CircuitBreaker({ name: 'client', fallback: (self: Typed) => String(self.missing) })
      async member(_id: string): Promise<string> {
        return '';
      }

      @CircuitBreaker({ name: 'client', fallback: (self: Typed, _error, id: string | number) => `${self.own}${id}` })
      async wider(_id: string): Promise<string> {
        return '';
      }
    }
    // A method with any signature.
    const options: PolicyDecoratorOptions = { name: 'client', fallbackMethod: 'any' };
    const decorators: MethodDecorator[] = [CircuitBreaker(options), Retry('client'), UsePipeline({ name: 'client' })];

    expect(Object.getOwnPropertyNames(Typed.prototype)).toContain('wider');
    expect(decorators).toHaveLength(3);
  });
});
