import { Controller, Get, Injectable, Scope, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { CircuitBreaker } from './decorators.ts';
import { ResilienceModule } from './resilience.module.ts';

async function start({ providers = [], controllers = [] }: { providers?: Type[]; controllers?: Type[] }) {
  const imports = [ResilienceModule.forRoot({ env: {} })];
  const application = await Test.createTestingModule({ imports, providers, controllers }).compile();
  await application.init();
}

async function faultsOf(provider: Type) {
  const error: unknown = await start({ providers: [provider] }).catch((caught: unknown) => caught);
  if (error instanceof InvalidOptionsError) return error.faults;
  throw new Error('The application should not have started.', { cause: error });
}

describe('the check of decorators at start-up', () => {
  it('reports a missing fallback method and suggests a similar name', async () => {
    @Injectable()
    class CustomerClient {
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'fallbck' })
      async find(): Promise<void> {}

      @CircuitBreaker({ name: 'customer', fallbackMethod: 'elsewhere' })
      async other(): Promise<void> {}

      fallback(): void {}
    }

    expect(await faultsOf(CustomerClient)).toStrictEqual([
      {
        option: 'CustomerClient.find: fallbackMethod of @CircuitBreaker',
        given: "'fallbck', which is no method of CustomerClient",
        allowed: 'fallback, if that is what you meant',
      },
      {
        option: 'CustomerClient.other: fallbackMethod of @CircuitBreaker',
        given: "'elsewhere', which is no method of CustomerClient",
        allowed: 'a method of CustomerClient',
      },
    ]);
  });

  it('reports fallbacks that are no methods', async () => {
    @Injectable()
    class CustomerClient {
      readonly arrow = () => 'fallback';

      get getter(): () => string {
        throw new Error('No getter may run.');
      }

      @CircuitBreaker({ name: 'customer', fallbackMethod: 'arrow' })
      async find(): Promise<void> {}

      @CircuitBreaker({ name: 'customer', fallbackMethod: 'getter' })
      async other(): Promise<void> {}
    }

    expect(await faultsOf(CustomerClient)).toMatchObject([
      { given: "'arrow', which is no method of CustomerClient" },
      { given: "'getter', which is no method of CustomerClient" },
    ]);
  });

  it('reports a fallback that is the method itself', async () => {
    @Injectable()
    class CustomerClient {
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'find' })
      async find(): Promise<void> {}
    }

    expect(await faultsOf(CustomerClient)).toStrictEqual([
      {
        option: 'CustomerClient.find: fallbackMethod of @CircuitBreaker',
        given: "'find', the method itself",
        allowed: 'another method of CustomerClient',
      },
    ]);
  });

  it('reports a fallback with more parameters than the arguments and the error', async () => {
    @Injectable()
    class CustomerClient {
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'instead' })
      async find(_id: string): Promise<void> {}

      @CircuitBreaker({ name: 'customer', fallbackMethod: 'instead' })
      async list(_page: number, _size = 10): Promise<void> {}

      instead(_first: unknown, _second: unknown, _error: unknown): void {}
    }

    expect(await faultsOf(CustomerClient)).toStrictEqual([
      {
        option: 'CustomerClient.find: fallbackMethod of @CircuitBreaker',
        given: "'instead', which takes 3 parameters",
        allowed: 'at most 2 (those of find, followed by the error)',
      },
    ]);
  });

  it('reports several fallbacks for the same errors', async () => {
    @Injectable()
    class CustomerClient {
      @CircuitBreaker({
        name: 'customer',
        fallbackMethod: [
          'one',
          { method: 'one', on: [TypeError, RangeError] },
          'two',
          { method: 'two', on: RangeError },
        ],
      })
      async find(): Promise<void> {}

      one(): void {}

      two(): void {}
    }

    expect(await faultsOf(CustomerClient)).toMatchObject([
      { given: "'one' and 'two' for every error", allowed: 'one of them' },
      { given: "'one' and 'two' for RangeError", allowed: 'one of them' },
    ]);
  });

  it('reports an invalid error class, an empty name and a synchronous return type', async () => {
    const notAClass = undefined as unknown as ErrorConstructor;
    @Injectable()
    class CustomerClient {
      @CircuitBreaker({ name: '', fallbackMethod: { method: 'instead', on: notAClass } })
      find(): string {
        return 'at once';
      }

      instead(): void {}
    }

    expect(await faultsOf(CustomerClient)).toStrictEqual([
      { option: 'CustomerClient.find: return type', given: 'String', allowed: 'a Promise or an Observable' },
      {
        option: 'CustomerClient.find: fallbackMethod of @CircuitBreaker',
        given: "'instead' for undefined",
        allowed: 'error classes',
      },
      { option: 'CustomerClient.find: name of @CircuitBreaker', given: "''", allowed: 'a name' },
    ]);
  });

  it('reports all faults together, of providers and controllers in any scope', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'missing' })
      async find(): Promise<void> {}
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends PerRequest {}
    @Controller()
    class CustomersController {
      @Get()
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'missing' })
      async find(): Promise<void> {}
    }
    const starting = start({ providers: [PerRequest, Transient], controllers: [CustomersController] });

    await expect(starting).rejects.toThrow(
      [
        'The use of resilience decorators has 3 invalid options:',
        "  - PerRequest.find: fallbackMethod of @CircuitBreaker is 'missing', which is no method of PerRequest; allowed: a method of PerRequest",
        "  - Transient.find: fallbackMethod of @CircuitBreaker is 'missing', which is no method of Transient; allowed: a method of Transient",
        "  - CustomersController.find: fallbackMethod of @CircuitBreaker is 'missing', which is no method of CustomersController; " +
          'allowed: a method of CustomersController',
      ].join('\n'),
    );
  });

  it('accepts inherited and asynchronous fallbacks, and methods without a declared return type', async () => {
    class Base {
      protected async instead(): Promise<void> {}
    }
    @Injectable()
    class CustomerClient extends Base {
      @CircuitBreaker({ name: 'customer', fallbackMethod: 'instead' })
      async find(...ids: string[]): Promise<string[]> {
        return ids;
      }

      @CircuitBreaker('customer')
      other() {
        return Promise.resolve();
      }

      @CircuitBreaker('customer')
      thenable(): PromiseLike<void> {
        return Promise.resolve();
      }
    }

    await expect(start({ providers: [CustomerClient] })).resolves.toBeUndefined();
  });
});
