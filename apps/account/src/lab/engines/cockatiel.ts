import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  handleWhen,
  noop,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
  type CircuitBreakerPolicy,
  type IPolicy,
} from 'cockatiel';
import { NoEvidence, type OtherLibrary, type OtherPolicies } from './compared-circuit-breaker.ts';
import { tuning } from './tuning.ts';

const countsAll = handleWhen((error) => !(error instanceof NoEvidence));

/** The circuit breaker alone: a window of calls and several trial calls, as account has them. */
export const cockatiel: OtherLibrary = {
  name: 'cockatiel',
  options: [
    'slidingWindowType',
    'slidingWindowSize',
    'minimumNumberOfCalls',
    'failureRateThreshold',
    'waitDurationInOpenState',
    'permittedNumberOfCallsInHalfOpenState',
  ],
  create: (config, onTransition) => {
    // It opens above its threshold, the sliding window at it.
    const threshold = (config.failureRateThreshold / 100) * (1 - 4 * Number.EPSILON);
    const { slidingWindowSize: size, minimumNumberOfCalls, permittedNumberOfCallsInHalfOpenState: calls } = config;
    const breaker = circuitBreaker(countsAll, {
      halfOpenAfter: config.waitDurationInOpenState ?? 0,
      breaker: new CountBreaker({ threshold, size, minimumNumberOfCalls }),
      halfOpenSampling: { calls, threshold },
    });
    return policiesOf(breaker, noop, onTransition);
  },
};

/**
 * As its documentation advises: `wrap(circuitBreaker, timeout)`, and a circuit breaker that opens for ten seconds when five calls in a
 * row fail. Its own bulkhead is the innermost policy.
 */
export const tunedCockatiel: OtherLibrary = {
  name: 'cockatiel-tuned',
  options: ['waitDurationInOpenState'],
  tuning,
  create: (config, onTransition) => {
    const breaker = circuitBreaker(countsAll, {
      halfOpenAfter: config.waitDurationInOpenState ?? 0,
      breaker: new ConsecutiveBreaker(5),
    });
    const inner = wrap(timeout(tuning.timeoutMs, TimeoutStrategy.Aggressive), bulkhead(tuning.capacity));
    return policiesOf(breaker, inner, onTransition);
  },
};

function policiesOf(breaker: CircuitBreakerPolicy, inner: IPolicy, onTransition: () => void): OtherPolicies {
  const subscription = breaker.onStateChange(onTransition);
  const all = wrap(breaker, inner);
  return {
    get state() {
      if (breaker.state === CircuitState.Closed) return 'CLOSED';
      return breaker.state === CircuitState.HalfOpen ? 'HALF_OPEN' : 'OPEN';
    },
    execute: (call) => all.execute(({ signal }) => call(signal)),
    meaningOf: (error) => {
      if (error instanceof BrokenCircuitError) return 'not permitted';
      if (error instanceof TaskCancelledError) return 'timed out';
      return error instanceof BulkheadRejectedError ? 'full' : undefined;
    },
    dispose: () => subscription.dispose(),
  };
}
