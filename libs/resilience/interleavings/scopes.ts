import { BulkheadWorld } from './bulkhead.world.ts';
import { allOutcomes, type Bounds } from './calls-world.ts';
import { CircuitBreakerWorld } from './circuit-breaker.world.ts';
import { EndpointPoolWorld } from './endpoint-pool.world.ts';
import type { Scope } from './explorer.ts';
import { RateLimiterWorld } from './rate-limiter.world.ts';
import { RetryBudgetWorld } from './retry-budget.world.ts';

const base: Bounds = { calls: 4, outcomes: allOutcomes, ticks: 0, tickMs: 6, manual: 0 };
const reduced: Bounds = { ...base, isReduced: true };
const fine: Bounds = { ...reduced, isFine: true };

const ends = ['success', 'failure', 'abort'] as const;

/** Those that `npm test` explores, each completely. */
export const scopes: readonly Scope[] = [
  {
    name: 'circuit breaker: 4 calls with every outcome',
    makeWorld: () => new CircuitBreakerWorld(reduced),
  },
  {
    name: 'circuit breaker: 4 calls, 1 tick',
    makeWorld: () => new CircuitBreakerWorld({ ...reduced, outcomes: ends, ticks: 1 }),
  },
  {
    name: 'circuit breaker: 4 calls from HALF_OPEN, 1 tick, with the timers of OPEN and HALF_OPEN',
    makeWorld: () =>
      new CircuitBreakerWorld(
        { ...reduced, outcomes: ends, ticks: 1, tickMs: 11 },
        {
          initialState: 'HALF_OPEN',
          maxWaitDurationInHalfOpenState: 10,
          automaticTransitionFromOpenToHalfOpenEnabled: true,
        },
      ),
  },
  {
    name: 'circuit breaker: 3 calls from HALF_OPEN, 2 transitions by hand',
    makeWorld: () =>
      new CircuitBreakerWorld({ ...reduced, calls: 3, outcomes: ends, manual: 2 }, { initialState: 'HALF_OPEN' }, [
        'manual open',
        'manual half-open',
        'manual close',
      ]),
  },
  {
    name: 'circuit breaker: 2 calls, 1 tick, 2 transitions by hand to every state',
    makeWorld: () => new CircuitBreakerWorld({ ...reduced, calls: 2, outcomes: ends, ticks: 1, manual: 2 }),
  },
  {
    name: 'circuit breaker: 3 calls from HALF_OPEN, 2 ticks, slow calls in flight',
    makeWorld: () =>
      new CircuitBreakerWorld(
        { ...reduced, calls: 3, outcomes: ['success', 'abort', 'refusal'], ticks: 2 },
        { initialState: 'HALF_OPEN', slowCallsInFlightEnabled: true },
      ),
  },
  {
    name: 'circuit breaker: 3 calls, 2 ticks, slow calls in flight',
    makeWorld: () =>
      new CircuitBreakerWorld({ ...reduced, calls: 3, outcomes: ends, ticks: 2 }, { slowCallsInFlightEnabled: true }),
  },
  {
    name: 'circuit breaker: 3 calls, 1 tick, 1 transition by hand, calls aborted on opening',
    makeWorld: () =>
      new CircuitBreakerWorld(
        { ...reduced, calls: 3, outcomes: ends, ticks: 1, manual: 1 },
        { abortCallsOnOpen: true },
        ['manual open', 'manual force-open', 'manual close'],
      ),
  },
  {
    name: 'circuit breaker: 2 calls, 1 tick, 1 transition by hand, steps before promise reactions',
    makeWorld: () => new CircuitBreakerWorld({ ...fine, calls: 2, outcomes: ends, ticks: 1, manual: 1 }),
  },
  {
    name: 'bulkhead: 4 calls, 1 tick',
    makeWorld: () => new BulkheadWorld({ ...reduced, outcomes: ends, ticks: 1, tickMs: 11 }, 1, 2),
  },
  {
    name: 'bulkhead: 3 calls, 2 operations by hand',
    makeWorld: () => new BulkheadWorld({ ...reduced, calls: 3, outcomes: ['success', 'abort'], manual: 2 }, 1, 3),
  },
  {
    name: 'bulkhead: 3 calls, 1 operation by hand, steps before promise reactions',
    makeWorld: () => new BulkheadWorld({ ...fine, calls: 3, outcomes: ['success', 'abort'], manual: 1 }, 1, 2),
  },
  {
    name: 'rate limiter: 4 calls, 3 ticks',
    makeWorld: () => new RateLimiterWorld({ ...reduced, outcomes: ['success', 'abort'], ticks: 3, tickMs: 7 }),
  },
  {
    name: 'rate limiter: 3 calls, 2 ticks, steps before promise reactions',
    makeWorld: () => new RateLimiterWorld({ ...fine, calls: 3, outcomes: ['success', 'abort'], ticks: 2, tickMs: 7 }),
  },
  {
    name: 'retry budget: 3 calls, 1 tick',
    makeWorld: () => new RetryBudgetWorld({ ...reduced, calls: 3, outcomes: ends, ticks: 1, tickMs: 950 }, 0, 0),
  },
  {
    name: 'retry budget: 2 calls, 2 ticks, with back-off',
    makeWorld: () => new RetryBudgetWorld({ ...reduced, calls: 2, outcomes: ends, ticks: 2, tickMs: 550 }, 10, 2),
  },
  {
    name: 'endpoint pool: 4 calls, 1 tick',
    makeWorld: () => new EndpointPoolWorld({ ...reduced, outcomes: ['success', 'failure', 'timeout'], ticks: 1 }, 2),
  },
  {
    name: 'endpoint pool: 4 calls, 1 tick, ejected at once',
    makeWorld: () => new EndpointPoolWorld({ ...reduced, outcomes: ends, ticks: 1, tickMs: 11 }, 1),
  },
  {
    name: 'endpoint pool: 3 calls, 1 tick, 1 operation by hand, ejected at once',
    makeWorld: () =>
      new EndpointPoolWorld({ ...reduced, calls: 3, outcomes: ends, ticks: 1, manual: 1, tickMs: 11 }, 1),
  },
];

const long: Bounds = { ...base, ticks: 3, manual: 3 };

/** Those of the long form, which are too large to be explored completely. */
export const longScopes: readonly Scope[] = [
  { name: 'circuit breaker: 4 calls, 3 ticks, 3 transitions by hand', makeWorld: () => new CircuitBreakerWorld(long) },
  {
    name: 'circuit breaker: the same, with all timers, and calls aborted on opening',
    makeWorld: () =>
      new CircuitBreakerWorld(long, {
        initialState: 'HALF_OPEN',
        automaticTransitionFromOpenToHalfOpenEnabled: true,
        maxWaitDurationInHalfOpenState: 10,
        slowCallsInFlightEnabled: true,
        abortCallsOnOpen: true,
      }),
  },
  {
    name: 'circuit breaker: the same, with steps before promise reactions',
    makeWorld: () => new CircuitBreakerWorld({ ...long, isFine: true }, { slowCallsInFlightEnabled: true }),
  },
  {
    name: 'bulkhead: 4 calls, 3 ticks, 3 operations by hand, steps before promise reactions',
    makeWorld: () => new BulkheadWorld({ ...long, isFine: true }, 1, 2),
  },
  {
    name: 'rate limiter: 4 calls, 4 ticks, steps before promise reactions',
    makeWorld: () => new RateLimiterWorld({ ...long, ticks: 4, tickMs: 7, manual: 0, isFine: true }),
  },
  {
    name: 'retry budget: 4 calls, 3 ticks, with back-off, steps before promise reactions',
    makeWorld: () => new RetryBudgetWorld({ ...long, tickMs: 450, manual: 0, isFine: true }, 10, 1),
  },
  {
    name: 'endpoint pool: 4 calls, 3 ticks, 3 operations by hand, steps before promise reactions',
    makeWorld: () => new EndpointPoolWorld({ ...long, isFine: true }, 1),
  },
];
