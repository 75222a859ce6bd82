import { Injectable, Logger, type Provider, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { defer, lastValueFrom, NEVER, Observable, of, throwError, toArray } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { type PolicyRegistry, registryToken } from '../core/policies.ts';
import type { CallContext } from '../core/policy.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';
import { Bulkhead, CircuitBreaker, RateLimiter, Retry, TimeLimiter, UsePipeline } from './decorators.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

/** Waits until all settled promises have called their handlers. */
const settled = () => new Promise(setImmediate);

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

async function applicationWith<T>(provider: Type<T>, options: ResilienceModuleOptions = {}) {
  const application = await Test.createTestingModule({
    imports: [
      ResilienceModule.forRoot({
        env: {},
        clock,
        retry: { configs: { default: { waitDuration: 100 } } },
        timeLimiter: { configs: { default: { timeoutDuration: '1s' } } },
        bulkhead: { configs: { default: { maxConcurrentCalls: 1 } } },
        rateLimiter: { configs: { default: { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: 0 } } },
        ...options,
      }),
    ],
    providers: [provider],
  }).compile();
  await application.init();
  return {
    application,
    client: application.get(provider, { strict: false }),
    registries: application.get(ResilienceRegistries),
  };
}

/** Rejects when the signal is aborted, and never before. */
function untilAborted({ signal }: CallContext): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

describe('@Retry', () => {
  @Injectable()
  class CustomerClient {
    readonly attempts: number[] = [];

    @Retry({ name: 'customer', fallbackMethod: 'unknown' })
    async find(failures: number): Promise<string> {
      const { attempt } = currentCallContext();
      this.attempts.push(attempt);
      if (attempt <= failures) throw new Error(`attempt ${attempt} failed`);
      return `found at attempt ${attempt}`;
    }

    @Retry('customer')
    watch(failures: number): Observable<string> {
      return defer(() => {
        const { attempt } = currentCallContext();
        return attempt <= failures ? throwError(() => new Error(`attempt ${attempt} failed`)) : of('a', `b${attempt}`);
      });
    }

    private unknown(_failures: number, error: Error): string {
      return `fallback after: ${error.message}`;
    }
  }

  it('repeats the call until an attempt succeeds, and passes the attempt number', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const found = client.find(1);

    await settled();
    expect(client.attempts).toStrictEqual([1]);
    clock.advance(100);

    expect(await found).toBe('found at attempt 2');
    expect(registries.policies.retry.getOrCreate('customer').metrics.numberOfSuccessfulCallsWithRetryAttempt).toBe(1);
  });

  it('calls the fallback when the last attempt has failed', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.find(9);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await settled();
      clock.advance(100);
    }

    expect(await found).toBe('fallback after: attempt 3 failed');
  });

  it('subscribes to an Observable again', async () => {
    const { client } = await applicationWith(CustomerClient);
    const values = lastValueFrom(client.watch(1).pipe(toArray()));
    await settled();
    clock.advance(100);

    expect(await values).toStrictEqual(['a', 'b2']);
  });

  it('stops when the subscriber unsubscribes while it waits', async () => {
    const { client } = await applicationWith(CustomerClient);
    const subscription = client.watch(9).subscribe({ error: () => {} });
    await settled();
    expect(clock.pendingTimers).toBe(1);

    subscription.unsubscribe();

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('@TimeLimiter', () => {
  @Injectable()
  class CustomerClient {
    context: CallContext | undefined;

    @TimeLimiter({ name: 'customer', fallbackMethod: 'late' })
    async find(): Promise<string> {
      this.context = currentCallContext();
      return untilAborted(this.context);
    }

    @TimeLimiter('customer')
    watch(): Observable<never> {
      return NEVER;
    }

    private late(error: Error): string {
      return error.message;
    }
  }

  it('rejects in time and aborts the signal of the method', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.find();
    expect(client.context?.deadline?.remainingMs).toBe(1_000);
    clock.advance(1_000);

    expect(await found).toBe("TimeLimiter 'customer' got no result within its timeoutDuration of 1 s.");
    expect(client.context?.signal.reason).toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends an Observable and its subscription in time', async () => {
    const { client } = await applicationWith(CustomerClient);
    const last = lastValueFrom(client.watch());
    clock.advance(1_000);

    await expect(last).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
  });

  it('is shortened by the inherited deadline', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = runInCallContext({ deadline: Deadline.after(300, clock) }, () => client.find());
    clock.advance(300);

    expect(await found).toBe("TimeLimiter 'customer' got no result within the 300 ms that the caller's deadline left.");
  });
});

describe('@Bulkhead', () => {
  @Injectable()
  class CustomerClient {
    @Bulkhead({ name: 'customer', fallbackMethod: { method: 'busy', on: Error } })
    async find(customer: Promise<string>): Promise<string> {
      return customer;
    }

    @Bulkhead('customer')
    watch(): Observable<never> {
      return NEVER;
    }

    private busy(_customer: Promise<string>, { name }: Error): string {
      return name;
    }
  }

  it('refuses calls when all permits are in use', async () => {
    const { client } = await applicationWith(CustomerClient);
    const customer = Promise.withResolvers<string>();
    const first = client.find(customer.promise);

    expect(await client.find(customer.promise)).toBe('BulkheadFullError');
    customer.resolve('found');
    expect(await first).toBe('found');
    expect(await client.find(customer.promise)).toBe('found');
  });

  it('holds a permit for an Observable until its subscriber unsubscribes', async () => {
    const { client } = await applicationWith(CustomerClient);
    const subscription = client.watch().subscribe({ error: () => {} });
    expect(await client.find(Promise.resolve(''))).toBe('BulkheadFullError');

    subscription.unsubscribe();
    await settled();

    expect(await client.find(Promise.resolve('found'))).toBe('found');
  });
});

describe('@RateLimiter', () => {
  @Injectable()
  class CustomerClient {
    @RateLimiter('customer')
    async find(): Promise<string> {
      return 'found';
    }

    @RateLimiter('customer')
    watch(): Observable<string> {
      return of('value');
    }
  }

  it('refuses calls and subscriptions when the permissions of a period are used up', async () => {
    const { client } = await applicationWith(CustomerClient);

    expect(await client.find()).toBe('found');
    await expect(client.find()).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1_000 });
    await expect(lastValueFrom(client.watch())).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    clock.advance(1_000);
    expect(await lastValueFrom(client.watch())).toBe('value');
  });
});

describe('partitionBy of a decorator', () => {
  @Injectable()
  class Reports {
    @CircuitBreaker({ name: 'reports', partitionBy: (tenant: string) => tenant })
    async create(tenant: string, isFailed = false): Promise<string> {
      if (isFailed) throw new Error('down');
      return `of ${tenant}`;
    }

    @RateLimiter({ name: 'reports', partitionBy: (tenant: string) => tenant })
    watch(tenant: string): Observable<string> {
      return of(`of ${tenant}`);
    }
  }
  const configuration = {
    circuitBreaker: { instances: { reports: { slidingWindowSize: 2, minimumNumberOfCalls: 2 } } },
    rateLimiter: { instances: { reports: { limitForPeriod: 1, limitRefreshPeriod: '1m', timeoutDuration: 0 } } },
  };

  it('protects the calls with each key separately', async () => {
    const { client } = await applicationWith(Reports, configuration);

    for (let call = 0; call < 2; call++) await expect(client.create('a', true)).rejects.toThrow('down');

    await expect(client.create('a')).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
    expect(await client.create('b')).toBe('of b');
  });

  it('protects subscriptions with each key separately', async () => {
    const { client } = await applicationWith(Reports, configuration);

    expect(await lastValueFrom(client.watch('a'))).toBe('of a');
    expect(await lastValueFrom(client.watch('b'))).toBe('of b');
    await expect(lastValueFrom(client.watch('a'))).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
  });

  it('uses the partition other for a key that is not usable, and warns once', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { client, registries } = await applicationWith(Reports, configuration);

    for (let call = 0; call < 2; call++) await client.create('');

    expect(registries.policies.circuitBreaker.find('reports:other')?.metrics.bufferedCalls).toBe(2);
    expect(vi.mocked(process.emitWarning).mock.calls).toStrictEqual([
      [
        expect.stringContaining("partitionBy of @CircuitBreaker on Reports.create returned '', but must return a key"),
        expect.anything(),
      ],
    ]);
    vi.restoreAllMocks();
  });

  it.each([
    [
      'no function',
      () => CircuitBreaker({ name: 'reports', partitionBy: 'tenant' as never }),
      'a function that returns a string',
    ],
    [
      'given to a pipeline',
      () => UsePipeline({ name: 'reports', partitionBy: () => 'a' } as never),
      'none: partition the policies',
    ],
  ])('is a fault at start-up if it is %s', async (_what, decorator, allowed) => {
    class Wrong {
      async create(): Promise<void> {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Wrong.prototype, 'create')!;
    decorator()(Wrong.prototype, 'create', descriptor);
    Object.defineProperty(Wrong.prototype, 'create', descriptor);
    Injectable()(Wrong);

    await expect(applicationWith(Wrong, configuration)).rejects.toThrow(allowed);
  });
});

describe('the name of a decorator', () => {
  @Injectable()
  class Tenants {
    @Bulkhead({ name: (tenant: string) => tenant })
    async find(tenant: string): Promise<string> {
      return tenant;
    }

    @CircuitBreaker('customerr')
    async misspelt(): Promise<void> {}

    @CircuitBreaker('orders')
    async unconfigured(): Promise<void> {}
  }

  it('can be computed for each call, within the bound of the registry', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { client, registries } = await applicationWith(Tenants, { dynamicInstances: { maxInstances: 2 } });

    await client.find('a');
    expect(registries.policies.bulkhead.names()).toStrictEqual(['a']);
    for (const tenant of ['b', 'c', 'd']) await client.find(tenant);
    await client.find(undefined as unknown as string);

    // Two tenants, and the instance that calls share when the name is not usable or there is no room.
    expect(registries.policies.bulkhead.names()).toHaveLength(3);
    expect(registries.policies.bulkhead.names()).toContain('other');
    expect(process.emitWarning).toHaveBeenCalledWith(
      expect.stringContaining('name of @Bulkhead on Tenants.find returned undefined, but must return a name'),
      expect.anything(),
    );
    vi.restoreAllMocks();
  });

  it('is a warning with a suggestion if only a similar one is configured', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await applicationWith(Tenants, { circuitBreaker: { instances: { customer: {} } } });

    expect(warn.mock.calls.filter(([message]) => String(message).includes('named in code'))).toStrictEqual([
      [
        "CircuitBreaker 'customerr' is named in code, but no configuration declares it: " +
          "it has the options of the default. Did you mean 'customer', which is configured?",
      ],
    ]);
    vi.restoreAllMocks();
  });

  describe('that is similar to a configured one that nothing names', () => {
    @Injectable()
    class CustomerClient {
      @CircuitBreaker('customer')
      async find(): Promise<void> {}
    }

    const configured = (...names: string[]) => ({ instances: Object.fromEntries(names.map((name) => [name, {}])) });

    async function warningsOf(type: Type<object>, options: ResilienceModuleOptions, ...providers: Provider[]) {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
      const imports = [ResilienceModule.forRoot({ env: {}, ...options })];
      const module = await Test.createTestingModule({ imports, providers: [type, ...providers] }).compile();
      await module.init();
      const warnings = warn.mock.calls.map(([message]) => String(message));
      warn.mockRestore();
      return warnings.filter((warning) => warning.includes('nothing in code names'));
    }

    const stray = (label: string, name = 'customerr') =>
      `${label} '${name}' is configured, but nothing in code names it. Did you mean 'customer', which is named in code?`;

    it('is one warning for a name, with a suggestion', async () => {
      const options = { circuitBreaker: configured('customer', 'customerr'), retry: configured('customerr') };

      expect(await warningsOf(CustomerClient, options)).toStrictEqual([stray('Retry, CircuitBreaker')]);
    });

    it('is a warning for a pipeline, and for no member of it', async () => {
      const circuitBreaker = configured('customer', 'customerr');

      expect(
        await warningsOf(CustomerClient, { circuitBreaker, pipelines: { customerr: ['circuitBreaker'] } }),
      ).toStrictEqual([stray('Pipeline')]);
    });

    it.each([
      ['is the same but for a number', ['customer', 'customer-2', 'customer3']],
      ['differs in more than two letters', ['customer', 'customer-eu']],
      ['is similar to none that code names', ['payments', 'payment']],
    ])('is no warning if the name %s', async (_title, names) => {
      expect(await warningsOf(CustomerClient, { circuitBreaker: configured(...names) })).toStrictEqual([]);
    });

    it('is no warning if a constructor or a factory uses it', async () => {
      const user = {
        provide: 'user',
        inject: [registryToken('circuitBreaker')],
        useFactory: (registry: PolicyRegistry<'circuitBreaker'>) => registry.getOrCreate('customerr'),
      };

      const options = { circuitBreaker: configured('customer', 'customerr') };
      expect(await warningsOf(CustomerClient, options, user)).toStrictEqual([]);
    });

    it('is no warning if a decorator computes names', async () => {
      @Injectable()
      class Computing extends CustomerClient {
        @CircuitBreaker({ name: (name: string) => name })
        async named(_name: string): Promise<void> {}
      }

      const options = { circuitBreaker: configured('customer', 'customerr') };
      expect(await warningsOf(Computing, options)).toStrictEqual([]);
    });
  });

  it('cannot be a function for a pipeline', async () => {
    class OfPipeline {
      @UsePipeline({ name: (() => 'customer') as unknown as string })
      async find(): Promise<void> {}
    }

    await expect(applicationWith(OfPipeline)).rejects.toThrow('name of @UsePipeline is a function; allowed: a name');
  });
});

describe('several decorators', () => {
  @Injectable()
  class CustomerClient {
    readonly contexts: CallContext[] = [];
    fallbackCalls = 0;

    @Retry('customer')
    @CircuitBreaker('customer')
    @RateLimiter('unlimited')
    @TimeLimiter('customer')
    @Bulkhead('customer')
    async find(): Promise<string> {
      const context = currentCallContext();
      this.contexts.push(context);
      return context.attempt === 3 ? 'found' : untilAborted(context);
    }

    @TimeLimiter('customer')
    @Retry('customer')
    async findInTime(): Promise<string> {
      return untilAborted(currentCallContext());
    }

    @TimeLimiter({ name: 'customer', fallbackMethod: 'late' })
    @Retry({ name: 'customer', fallbackMethod: 'failed' })
    async findWithFallbacks(): Promise<string> {
      return untilAborted(currentCallContext());
    }

    @TimeLimiter('customer')
    @CircuitBreaker('customer')
    watch(): Observable<never> {
      return NEVER;
    }

    late(): string {
      return 'late';
    }

    failed(): string {
      this.fallbackCalls++;
      return 'failed';
    }
  }

  const unlimited = { rateLimiter: { instances: { unlimited: { limitForPeriod: 1_000 } } } };

  it('nest in the order written, and pass on the context of the call', async () => {
    const { client, registries } = await applicationWith(CustomerClient, unlimited);
    const found = client.find();
    for (let attempt = 1; attempt <= 2; attempt++) {
      clock.advance(1_000);
      await settled();
      clock.advance(100);
      await settled();
    }

    expect(await found).toBe('found');
    expect(client.contexts.map(({ attempt }) => attempt)).toStrictEqual([1, 2, 3]);
    expect(client.contexts.map(({ signal }) => signal.aborted)).toStrictEqual([true, true, false]);
    // The retry is outside of the circuit breaker, which therefore records each attempt.
    expect(registries.policies.circuitBreaker.getOrCreate('customer').metrics).toMatchObject({
      failedCalls: 2,
      successfulCalls: 1,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('abort all attempts when an outer time limiter expires', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const found = client.findInTime();
    clock.advance(1_000);

    await expect(found).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    await settled();
    expect(registries.policies.retry.getOrCreate('customer').metrics.numberOfTotalCalls).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('do not call the fallback of an aborted call', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.findWithFallbacks();
    clock.advance(1_000);

    expect(await found).toBe('late');
    await settled();
    expect(client.fallbackCalls).toBe(0);
  });

  it('record no result when an outer time limiter ends an Observable', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const last = lastValueFrom(client.watch());
    clock.advance(1_000);

    await expect(last).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    await settled();
    expect(registries.policies.circuitBreaker.getOrCreate('customer').metrics.bufferedCalls).toBe(0);
  });

  it('pass their context to other decorated methods', async () => {
    @Injectable()
    class CustomerDirectory extends CustomerClient {
      inner: CallContext | undefined;

      @TimeLimiter('customer')
      async verify(): Promise<void> {
        await settled();
        await this.look();
      }

      @CircuitBreaker('directory')
      async look(): Promise<void> {
        this.inner = currentCallContext();
      }
    }
    const { client } = await applicationWith(CustomerDirectory);

    await client.verify();

    expect(client.inner?.deadline?.remainingMs).toBe(1_000);
  });

  it('work in request-scoped providers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @Retry('per-request')
      @Bulkhead('per-request')
      async find(): Promise<number> {
        return currentCallContext().attempt;
      }
    }
    const module = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {}, clock })],
      providers: [PerRequest],
    }).compile();
    await module.init();

    const client = await module.resolve(PerRequest, ContextIdFactory.create());

    expect(await client.find()).toBe(1);
    expect(module.get(ResilienceRegistries).policies.retry.find('per-request')).toBeDefined();
  });
});
