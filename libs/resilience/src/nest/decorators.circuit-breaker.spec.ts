import { Inject, Injectable, type Provider, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { registryToken } from '../core/policies.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceModule } from './resilience.module.ts';

async function applicationWith(...providers: Provider[]) {
  const application = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {} })],
    providers,
  }).compile();
  await application.init();
  const registry = application.get(registryToken('circuitBreaker'));
  const metrics = (name = 'customer') => registry.getOrCreate(name).metrics;
  return { application, registry, metrics };
}

class NotFoundError extends Error {}

@Injectable()
class CustomerClient {
  readonly greeting: string = 'Hello';

  @CircuitBreaker('customer')
  async greet(name: string): Promise<string> {
    return `${this.greeting} ${name}`;
  }

  @CircuitBreaker({
    name: 'customer',
    fallbackMethod: [
      'anyCustomer',
      { method: 'noCustomer', on: [NotFoundError] },
      { method: 'refused', on: CallNotPermittedError },
    ],
  })
  async findById(id: string, options?: object): Promise<string> {
    if (id === 'unknown') throw new NotFoundError();
    if (id === 'broken') throw new RangeError('broken');
    return JSON.stringify([id, options]);
  }

  @CircuitBreaker({ name: 'customer', fallbackMethod: { method: 'noCustomer', on: NotFoundError } })
  async rename(id: string): Promise<string> {
    throw id === 'unknown' ? new NotFoundError() : new RangeError('broken');
  }

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'failToo' })
  async remove(): Promise<void> {
    throw new Error('first');
  }

  @CircuitBreaker('watching')
  watch(name: string): Observable<string> {
    return of(`${this.greeting} ${name}`);
  }

  private anyCustomer(id: string, options: object | undefined, error: Error): string {
    return `any customer (${this.greeting}, ${id}, ${JSON.stringify(options)}, ${error.message})`;
  }

  private async noCustomer(id: string): Promise<string> {
    return `no customer ${id}`;
  }

  private refused(_id: string, _options: object | undefined, error: CallNotPermittedError): string {
    return `refused by ${error.circuitBreakerName}`;
  }

  private failToo(error: Error): never {
    throw new Error('second', { cause: error });
  }
}

describe('@CircuitBreaker', () => {
  it('protects the method with the named circuit breaker', async () => {
    const { application, metrics } = await applicationWith(CustomerClient);

    expect(await application.get(CustomerClient).greet('Ada')).toBe('Hello Ada');
    expect(metrics()).toMatchObject({ successfulCalls: 1 });
  });

  it('refuses calls while the circuit breaker is open', async () => {
    const { application, registry } = await applicationWith(CustomerClient);
    registry.getOrCreate('customer').transitionToForcedOpenState();

    await expect(application.get(CustomerClient).greet('Ada')).rejects.toBeInstanceOf(CallNotPermittedError);
  });

  it('protects each subscription of an Observable', async () => {
    const { application, metrics } = await applicationWith(CustomerClient);
    const greetings = application.get(CustomerClient).watch('Ada');

    expect(await lastValueFrom(greetings)).toBe('Hello Ada');
    expect(await lastValueFrom(greetings)).toBe('Hello Ada');
    expect(metrics('watching')).toMatchObject({ successfulCalls: 2 });
  });

  it('does not protect instances that Nest did not create', async () => {
    const client = new CustomerClient();

    expect(await client.greet('Ada')).toBe('Hello Ada');
    await expect(client.findById('unknown')).rejects.toBeInstanceOf(NotFoundError);
    expect(client.watch('Ada')).toBeInstanceOf(Observable);
  });

  it("keeps the method's name and length", () => {
    expect(CustomerClient.prototype.greet.name).toBe('greet');
    expect(CustomerClient.prototype.findById).toHaveLength(2);
  });

  it('keeps the metadata that decorators above and below set on the method', () => {
    const Tag =
      (tag: string): MethodDecorator =>
      (_target, _key, descriptor) => {
        Reflect.defineMetadata(tag, true, descriptor.value as object);
      };
    class Tagged {
      @Tag('above')
      @CircuitBreaker('customer')
      @Tag('below')
      async find(): Promise<void> {}
    }

    expect(Reflect.getMetadataKeys(Tagged.prototype.find)).toStrictEqual(expect.arrayContaining(['above', 'below']));
  });

  it('nests in the order written, the topmost outermost', async () => {
    @Injectable()
    class Nested {
      @CircuitBreaker({ name: 'outer', fallbackMethod: 'instead' })
      @CircuitBreaker('inner')
      async find(): Promise<string> {
        return 'found';
      }

      instead(error: CallNotPermittedError): string {
        return `refused by ${error.circuitBreakerName}`;
      }
    }
    const { application, registry, metrics } = await applicationWith(Nested);
    registry.getOrCreate('inner').transitionToForcedOpenState();

    expect(await application.get(Nested).find()).toBe('refused by inner');
    expect(metrics('outer')).toMatchObject({ bufferedCalls: 0 });
  });

  it('throws if it decorates anything but an instance method', () => {
    const decorator = CircuitBreaker('customer') as (...args: unknown[]) => void;
    const message = "@CircuitBreaker('customer') can only decorate an instance method";

    expect(() => decorator(CustomerClient, 'find', { value: () => 'static' })).toThrow(message);
    expect(() => decorator({}, 'field', undefined)).toThrow(message);
    expect(() => decorator({}, 'getter', { get: () => 1 })).toThrow(message);
  });
});

describe('a fallback method', () => {
  it('is called with the original arguments, the error and `this`', async () => {
    const { application } = await applicationWith(CustomerClient);
    const client = application.get(CustomerClient);

    expect(await client.findById('broken', { a: 1 })).toBe('any customer (Hello, broken, {"a":1}, broken)');
    expect(await client.findById('broken')).toBe('any customer (Hello, broken, undefined, broken)');
    expect(await client.findById('7')).toBe('["7",null]');
  });

  it('is the one with the most specific error class', async () => {
    const { application, registry } = await applicationWith(CustomerClient);
    const client = application.get(CustomerClient);

    expect(await client.findById('unknown')).toBe('no customer unknown');
    registry.getOrCreate('customer').transitionToForcedOpenState();
    expect(await client.findById('unknown')).toBe('refused by customer');
  });

  it('is not called for errors of other classes', async () => {
    const { application } = await applicationWith(CustomerClient);
    const client = application.get(CustomerClient);

    expect(await client.rename('unknown')).toBe('no customer unknown');
    await expect(client.rename('broken')).rejects.toThrow(new RangeError('broken'));
  });

  it('can throw an error of its own', async () => {
    const { application } = await applicationWith(CustomerClient);

    await expect(application.get(CustomerClient).remove()).rejects.toThrow('second');
  });
});

describe('the circuit breakers of an application', () => {
  it('protect request-scoped and transient providers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends CustomerClient {}
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends CustomerClient {}
    @Injectable()
    class User {
      @Inject(Transient) readonly transient!: Transient;
    }
    const { application, metrics } = await applicationWith(PerRequest, Transient, User);
    const perRequest = await application.resolve(PerRequest, ContextIdFactory.create());
    const other = await application.resolve(PerRequest, ContextIdFactory.create());

    await perRequest.greet('Ada');
    await other.greet('Ada');
    await application.get(User).transient.greet('Ada');

    expect(perRequest).not.toBe(other);
    expect(metrics()).toMatchObject({ successfulCalls: 3 });
  });

  it('protect inherited methods, and those of subclasses that are decorated themselves', async () => {
    @Injectable()
    class PremiumClient extends CustomerClient {
      override readonly greeting = 'Welcome';

      @CircuitBreaker('premium')
      async upgrade(name: string): Promise<string> {
        return this.greet(name);
      }
    }
    const { application, metrics } = await applicationWith(PremiumClient);

    expect(await application.get(PremiumClient).upgrade('Ada')).toBe('Welcome Ada');
    expect(metrics('premium')).toMatchObject({ successfulCalls: 1 });
    expect(metrics('customer')).toMatchObject({ successfulCalls: 1 });
  });

  it('do not protect an overriding method without a decorator, but the super method that it calls', async () => {
    @Injectable()
    class Overriding extends CustomerClient {
      override async greet(name: string): Promise<string> {
        return name === 'unknown' ? 'silence' : super.greet(name);
      }
    }
    const { application, metrics } = await applicationWith(Overriding);
    const client = application.get(Overriding);

    expect(await client.greet('unknown')).toBe('silence');
    expect(metrics()).toMatchObject({ bufferedCalls: 0 });
    expect(await client.greet('Ada')).toBe('Hello Ada');
    expect(metrics()).toMatchObject({ bufferedCalls: 1 });
  });

  it('protect instances from factories and value providers', async () => {
    const value = new CustomerClient();
    const { application, metrics } = await applicationWith(
      { provide: 'made', useFactory: async () => new CustomerClient() },
      { provide: 'given', useValue: value },
      { provide: 'again', useExisting: 'made' },
    );

    for (const token of ['made', 'given', 'again']) await application.get<CustomerClient>(token).greet('Ada');

    expect(metrics()).toMatchObject({ successfulCalls: 3 });
  });

  it('are not shared with another application of the same process', async () => {
    const first = await applicationWith(CustomerClient);
    const second = await applicationWith(CustomerClient);
    first.registry.getOrCreate('customer').transitionToForcedOpenState();

    await expect(first.application.get(CustomerClient).greet('Ada')).rejects.toBeInstanceOf(CallNotPermittedError);
    expect(await second.application.get(CustomerClient).greet('Ada')).toBe('Hello Ada');
  });

  it('require ResilienceModule: the application does not start without it', async () => {
    const compiling = Test.createTestingModule({ providers: [CustomerClient] }).compile();

    await expect(compiling).rejects.toThrow(
      /can't resolve dependencies of the CustomerClient\..*registries of ResilienceModule\.forRoot\(\)/,
    );
  });
});
