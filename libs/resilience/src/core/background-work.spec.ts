import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker.options.ts';
import type { Cancel, ScheduleOptions } from './clock.ts';
import { createRegistry, type PipelineKind, pipelineKindsOf, type PolicyOf } from './policies.ts';
import { Bulkhead } from './bulkhead/bulkhead.ts';

const currentRequest = new AsyncLocalStorage<string>();

/** Runs callbacks in the async context that scheduled them, as the timers of Node.js do. */
class ContextClock extends FakeClock {
  /** The request in whose async context each timer was set, by whether it is background work. */
  readonly timers: [background: boolean, request: string | undefined][] = [];

  override schedule(delayMs: number, callback: () => void, options?: ScheduleOptions): Cancel {
    this.timers.push([options?.background ?? false, currentRequest.getStore()]);
    return super.schedule(delayMs, AsyncResource.bind(callback));
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const fails = () => Promise.reject(new Error('outage'));

/** Opens a circuit breaker with the failure of a request. */
async function openInRequest(options: CircuitBreakerOptions) {
  const clock = new ContextClock();
  const breaker = new CircuitBreaker(
    'customer',
    { slidingWindowSize: 1, minimumNumberOfCalls: 1, waitDurationInOpenState: '10s', ...options },
    { clock },
  );
  await currentRequest.run('request 1', () => breaker.execute(fails).catch(() => {}));
  return { breaker, clock };
}

describe('Background work runs outside the async context of the request that caused it (corefx#26067):', () => {
  it('every health probe, also after one that failed or timed out', async () => {
    const requests: (string | undefined)[] = [];
    const outcomes = [false, new Promise(() => {}), true];
    const healthProbe = () => {
      requests.push(currentRequest.getStore());
      return outcomes[requests.length - 1];
    };
    const { breaker, clock } = await openInRequest({ healthProbe, healthProbeInterval: 100, healthProbeTimeout: 50 });

    for (let step = 0; step < 100 && breaker.state === 'OPEN'; step++) {
      clock.advance(10);
      await turns();
    }

    expect(breaker.state).toBe('HALF_OPEN');
    expect(requests).toStrictEqual([undefined, undefined, undefined]);
  });

  it('the automatic transition from OPEN and the end of HALF_OPEN', async () => {
    const { breaker, clock } = await openInRequest({
      automaticTransitionFromOpenToHalfOpenEnabled: true,
      maxWaitDurationInHalfOpenState: '5s',
    });
    const transitions: string[] = [];
    breaker.on('STATE_TRANSITION', ({ toState }) => transitions.push(`${toState} in ${currentRequest.getStore()}`));

    currentRequest.run('request 2', () => clock.advance(10_000));
    currentRequest.run('request 3', () => clock.advance(5_000));

    expect(transitions).toStrictEqual(['HALF_OPEN in undefined', 'OPEN in undefined']);
  });

  it('releaseOnOpen', async () => {
    const requests: (string | undefined)[] = [];

    await openInRequest({ releaseOnOpen: () => requests.push(currentRequest.getStore()) });

    expect(requests).toStrictEqual([undefined]);
  });

  it('the expiry of dynamic instances', () => {
    const clock = new ContextClock();
    const registry = createRegistry('bulkhead', {}, { clock, dynamicInstances: { idleExpiry: '1m' } });
    const removed = vi.fn<(request: string | undefined) => void>();
    registry.on('ENTRY_REMOVED', () => removed(currentRequest.getStore()));
    currentRequest.run('request 1', () => registry.getOrCreate('tenant'));

    clock.advance(60_000);

    expect(removed).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  it('no background timer keeps the request in memory, and none of a waiting caller leaves it', async () => {
    const { clock, breaker } = await openInRequest({
      automaticTransitionFromOpenToHalfOpenEnabled: true,
      maxWaitDurationInHalfOpenState: '5s',
      healthProbe: () => false,
    });
    await currentRequest.run('request 2', async () => {
      clock.advance(6_000);
      await turns();
      breaker.transitionToHalfOpenState();
    });

    expect(clock.timers.length).toBeGreaterThanOrEqual(4);
    expect(clock.timers).toStrictEqual(clock.timers.map(() => [true, undefined]));
  });
});

describe('A call that waits keeps the async context of its caller:', () => {
  const options: { readonly [K in PipelineKind]?: object } = {
    retry: { waitDuration: 10 },
    timeLimiter: { timeoutDuration: 10 },
    rateLimiter: { limitForPeriod: 1, limitRefreshPeriod: 10, timeoutDuration: '1s' },
    hedge: { delay: 10 },
  };

  it.each(pipelineKindsOf())('%s sets no background timer for a call', async (kind) => {
    const clock = new ContextClock();
    const registry = createRegistry(kind, { instances: { customer: options[kind] ?? {} } }, { clock });
    const policy = registry.getOrCreate('customer') as PolicyOf<PipelineKind>;
    const requests: (string | undefined)[] = [];

    const calls = currentRequest.run('request 1', () =>
      [1, 2].map(() =>
        policy.execute(({ attempt }) => {
          requests.push(currentRequest.getStore());
          if (attempt === 1 && kind === 'retry') throw new Error('outage');
          return new Promise((resolve) => clock.schedule(50, () => resolve('response')));
        }),
      ),
    );
    for (let step = 0; step < 20; step++) {
      clock.advance(10);
      await turns();
    }

    await Promise.allSettled(calls);
    expect(new Set(requests)).toStrictEqual(new Set(['request 1']));
    expect(clock.timers).toStrictEqual(clock.timers.map(() => [false, 'request 1']));
  });

  it('a queued call of a bulkhead', async () => {
    const clock = new ContextClock();
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: '1s' }, { clock });
    const first = Promise.withResolvers<void>();
    const calls = [currentRequest.run('request 1', () => bulkhead.execute(() => first.promise))];
    const queued = currentRequest.run('request 2', () => bulkhead.execute(() => currentRequest.getStore()));

    first.resolve();
    await Promise.all(calls);

    await expect(queued).resolves.toBe('request 2');
    expect(clock.timers).toStrictEqual([[false, 'request 2']]);
  });
});
