import OpossumBreaker from 'opossum';
import { NoEvidence, type OtherLibrary } from './compared-circuit-breaker.ts';
import { tuning } from './tuning.ts';

type Action = (signal?: AbortSignal) => Promise<unknown>;

const meanings: Readonly<Record<string, 'not permitted' | 'timed out' | 'full'>> = {
  EOPENBREAKER: 'not permitted',
  ETIMEDOUT: 'timed out',
  ESEMLOCKED: 'full',
};

/**
 * As its documentation advises: opossum's own timeout and capacity, whose errors count as failures, and no coalescing.
 *
 * The option `abortController` has one signal for all calls: a timeout aborts each of them, and in CLOSED every later one. The event
 * `timeout` has the arguments of its call, so that only this call is aborted.
 */
export const tunedOpossum: OtherLibrary = {
  name: 'opossum-tuned',
  options: [
    'slidingWindowType',
    'slidingWindowSize',
    'minimumNumberOfCalls',
    'failureRateThreshold',
    'waitDurationInOpenState',
  ],
  tuning,
  create: (config, onTransition) => {
    const options = {
      timeout: tuning.timeoutMs,
      capacity: tuning.capacity,
      coalesce: false,
      // It opens above its threshold, the sliding window at it.
      errorThresholdPercentage: config.failureRateThreshold * (1 - 4 * Number.EPSILON),
      resetTimeout: config.waitDurationInOpenState ?? 0,
      rollingCountTimeout: config.slidingWindowSize * 1_000,
      rollingCountBuckets: config.slidingWindowSize,
      volumeThreshold: config.minimumNumberOfCalls,
      // Both cost time with every call, and are not used.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => error instanceof NoEvidence,
    };
    const breaker = new OpossumBreaker((call: Action, { signal }: AbortController) => call(signal), options);
    for (const event of ['open', 'halfOpen', 'close'] as const) breaker.on(event as 'open', onTransition);
    breaker.on('timeout', ((_error: Error, _latency: number, [, controller]: [Action, AbortController]) =>
      controller.abort()) as (error: Error) => void);
    return {
      get state() {
        if (breaker.opened) return 'OPEN';
        return breaker.halfOpen ? 'HALF_OPEN' : 'CLOSED';
      },
      execute: <T>(call: (signal?: AbortSignal) => Promise<T>) =>
        breaker.fire(call, new AbortController()) as Promise<T>,
      meaningOf: (error) =>
        error instanceof Error && OpossumBreaker.isOurError(error)
          ? meanings[(error as NodeJS.ErrnoException).code ?? '']
          : undefined,
      dispose: () => breaker.shutdown(),
    };
  },
};
