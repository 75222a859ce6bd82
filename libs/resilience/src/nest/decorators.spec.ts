import { Injectable, Scope, type Type } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { defer, lastValueFrom, NEVER, Observable, of, throwError, toArray } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import type { CallContext } from '../core/policy.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';
import { Bulkhead, CircuitBreaker, RateLimiter, Retry, TimeLimiter } from './decorators.ts';
import { ResilienceRegistries } from './resilience-registries.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

/** Lets everything that is already decided happen. */
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

/** Never answers, but ends when it is told to. */
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
      return `answer ${attempt}`;
    }

    @Retry('customer')
    watch(failures: number): Observable<string> {
      return defer(() => {
        const { attempt } = currentCallContext();
        return attempt <= failures ? throwError(() => new Error(`attempt ${attempt} failed`)) : of('a', `b${attempt}`);
      });
    }

    private unknown(_failures: number, error: Error): string {
      return `instead, since ${error.message}`;
    }
  }

  it('makes attempts, each of which knows its number, until one answers', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const found = client.find(1);

    await settled();
    expect(client.attempts).toStrictEqual([1]);
    clock.advance(100);

    expect(await found).toBe('answer 2');
    expect(registries.policies.retry.getOrCreate('customer').metrics.numberOfSuccessfulCallsWithRetryAttempt).toBe(1);
  });

  it('lets a fallback take over when there are no more', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.find(9);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await settled();
      clock.advance(100);
    }

    expect(await found).toBe('instead, since attempt 3 failed');
  });

  it('subscribes anew to an Observable', async () => {
    const { client } = await applicationWith(CustomerClient);
    const values = lastValueFrom(client.watch(1).pipe(toArray()));
    await settled();
    clock.advance(100);

    expect(await values).toStrictEqual(['a', 'b2']);
  });

  it('stops when the subscriber leaves while it waits', async () => {
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

  it('answers in time and aborts the signal that the method was given', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.find();
    expect(client.context?.deadline?.remainingMs).toBe(1_000);
    clock.advance(1_000);

    expect(await found).toBe("TimeLimiter 'customer' got no result within its timeoutDuration of 1 s.");
    expect(client.context?.signal.reason).toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends an Observable in time, and its subscription', async () => {
    const { client } = await applicationWith(CustomerClient);
    const last = lastValueFrom(client.watch());
    clock.advance(1_000);

    await expect(last).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
  });

  it('is shortened by the deadline that it inherits', async () => {
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
    async find(answer: Promise<string>): Promise<string> {
      return answer;
    }

    @Bulkhead('customer')
    watch(): Observable<never> {
      return NEVER;
    }

    private busy(_answer: Promise<string>, { name }: Error): string {
      return name;
    }
  }

  it('admits so many calls at once', async () => {
    const { client } = await applicationWith(CustomerClient);
    const answer = Promise.withResolvers<string>();
    const first = client.find(answer.promise);

    expect(await client.find(answer.promise)).toBe('BulkheadFullError');
    answer.resolve('answer');
    expect(await first).toBe('answer');
    expect(await client.find(answer.promise)).toBe('answer');
  });

  it('keeps a place for an Observable until its subscriber leaves', async () => {
    const { client } = await applicationWith(CustomerClient);
    const subscription = client.watch().subscribe({ error: () => {} });
    expect(await client.find(Promise.resolve(''))).toBe('BulkheadFullError');

    subscription.unsubscribe();
    await settled();

    expect(await client.find(Promise.resolve('answer'))).toBe('answer');
  });
});

describe('@RateLimiter', () => {
  @Injectable()
  class CustomerClient {
    @RateLimiter('customer')
    async find(): Promise<string> {
      return 'answer';
    }

    @RateLimiter('customer')
    watch(): Observable<string> {
      return of('value');
    }
  }

  it('permits so many calls and subscriptions in a period', async () => {
    const { client } = await applicationWith(CustomerClient);

    expect(await client.find()).toBe('answer');
    await expect(client.find()).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1_000 });
    await expect(lastValueFrom(client.watch())).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    clock.advance(1_000);
    expect(await lastValueFrom(client.watch())).toBe('value');
  });
});

describe('several decorators', () => {
  @Injectable()
  class CustomerClient {
    readonly contexts: CallContext[] = [];
    takenOver = 0;

    @Retry('customer')
    @CircuitBreaker('customer')
    @RateLimiter('unlimited')
    @TimeLimiter('customer')
    @Bulkhead('customer')
    async find(): Promise<string> {
      const context = currentCallContext();
      this.contexts.push(context);
      return context.attempt === 3 ? 'answer' : untilAborted(context);
    }

    @TimeLimiter('customer')
    @Retry('customer')
    async findInTime(): Promise<string> {
      return untilAborted(currentCallContext());
    }

    @TimeLimiter({ name: 'customer', fallbackMethod: 'late' })
    @Retry({ name: 'customer', fallbackMethod: 'failed' })
    async findOrSay(): Promise<string> {
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
      this.takenOver++;
      return 'failed';
    }
  }

  const unlimited = { rateLimiter: { instances: { unlimited: { limitForPeriod: 1_000 } } } };

  it('nest in the order written, and hand the context of the call through all of them', async () => {
    const { client, registries } = await applicationWith(CustomerClient, unlimited);
    const found = client.find();
    for (let attempt = 1; attempt <= 2; attempt++) {
      clock.advance(1_000);
      await settled();
      clock.advance(100);
      await settled();
    }

    expect(await found).toBe('answer');
    expect(client.contexts.map(({ attempt }) => attempt)).toStrictEqual([1, 2, 3]);
    expect(client.contexts.map(({ signal }) => signal.aborted)).toStrictEqual([true, true, false]);
    // Each attempt was judged by the circuit breaker, outside of whose time limiter the retry stands.
    expect(registries.policies.circuitBreaker.getOrCreate('customer').metrics).toMatchObject({
      failedCalls: 2,
      successfulCalls: 1,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('end all attempts when the time of the whole is up', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const found = client.findInTime();
    clock.advance(1_000);

    await expect(found).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    await settled();
    expect(registries.policies.retry.getOrCreate('customer').metrics.numberOfTotalCalls).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('let no fallback take over from a call that nobody waits for', async () => {
    const { client } = await applicationWith(CustomerClient);
    const found = client.findOrSay();
    clock.advance(1_000);

    expect(await found).toBe('late');
    await settled();
    expect(client.takenOver).toBe(0);
  });

  it('do not take the end of an Observable’s time for a result or a failure', async () => {
    const { client, registries } = await applicationWith(CustomerClient);
    const last = lastValueFrom(client.watch());
    clock.advance(1_000);

    await expect(last).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    await settled();
    expect(registries.policies.circuitBreaker.getOrCreate('customer').metrics.bufferedCalls).toBe(0);
  });

  it('give their context to decorated methods of other classes', async () => {
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
