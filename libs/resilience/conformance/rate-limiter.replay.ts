import { RateLimiter } from '../src/core/rate-limiter/rate-limiter.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { compare, type Difference } from './traces.ts';

/** The observable values of a rate limiter between two operations. */
export interface RateLimiterObservables {
  readonly availablePermissions: number;
  readonly nanosToWait: number;
  readonly cycle: number;
}

interface RecordedStep {
  /** Nanoseconds since construction. */
  readonly atNanos: number;
  readonly after: RateLimiterObservables;
  readonly events: readonly { readonly type: string; readonly permits: number }[];
}

export type RateLimiterStep = RecordedStep &
  (
    | { readonly op: 'reservePermission'; readonly permits: number; readonly result: number }
    | {
        readonly op: 'acquirePermission';
        readonly permits: number;
        readonly result: boolean;
        /** How long the caller was held; `after` and the events belong to its end. */
        readonly waitedNanos: number;
      }
    | { readonly op: 'drainPermissions' }
    | { readonly op: 'changeLimitForPeriod'; readonly limitForPeriod: number }
    | { readonly op: 'changeTimeoutDuration'; readonly timeoutNanos: number }
  );

/** The recorded operations of one rate limiter; a line of `rate-limiter.jsonl`. */
export interface RateLimiterTrace {
  readonly id: string;
  readonly features: readonly string[];
  readonly config: {
    readonly limitForPeriod: number;
    readonly limitRefreshPeriodNanos: number;
    readonly timeoutNanos: number;
  };
  readonly initial: RateLimiterObservables;
  readonly steps: readonly RateLimiterStep[];
}

const nanosInMs = 1e6;

/** Replays a trace through the public methods. @returns the first difference, if there is one */
export async function replayRateLimiterTrace(trace: RateLimiterTrace): Promise<Difference | undefined> {
  // Near the epoch a number of milliseconds has enough digits for nanoseconds; today's time has not.
  const clock = new FakeClock(0);
  const { limitForPeriod, limitRefreshPeriodNanos, timeoutNanos } = trace.config;
  const options = {
    limitForPeriod,
    limitRefreshPeriod: limitRefreshPeriodNanos / nanosInMs,
    timeoutDuration: timeoutNanos / nanosInMs,
  };
  const limiter = new RateLimiter(trace.id, options, { clock });
  const events: { type: string; permits: number }[] = [];
  limiter.onEvent(({ type, numberOfPermits }) => events.push({ type, permits: numberOfPermits }));

  const atStart = compare('the state', trace.initial, observe(limiter));
  if (atStart !== undefined) return { trace: trace.id, step: 0, ...atStart };

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    // The end of a wait is a sum of two fractions and may be slightly after the next step.
    clock.advanceTo(Math.max(clock.now(), step.atNanos / nanosInMs));
    const expectedResult = 'result' in step ? step.result : undefined;
    const result = await perform(limiter, step, clock);

    const difference =
      compare('the result', expectedResult, result) ??
      compare('the events', step.events, events) ??
      compare('the state', step.after, observe(limiter));
    if (difference !== undefined) return { trace: trace.id, step: index + 1, ...difference };
  }
  return undefined;
}

async function perform(
  limiter: RateLimiter,
  step: RateLimiterStep,
  clock: FakeClock,
): Promise<number | boolean | string | undefined> {
  switch (step.op) {
    case 'reservePermission': {
      const waitMs = limiter.reservePermission(step.permits);
      return waitMs < 0 ? waitMs : Math.round(waitMs * nanosInMs);
    }
    case 'acquirePermission':
      return acquire(limiter, step.permits, step.waitedNanos / nanosInMs, clock);
    case 'drainPermissions':
      limiter.drainPermissions();
      return undefined;
    case 'changeLimitForPeriod':
      limiter.changeLimitForPeriod(step.limitForPeriod);
      return undefined;
    case 'changeTimeoutDuration':
      limiter.changeTimeoutDuration(step.timeoutNanos / nanosInMs);
      return undefined;
  }
}

/** Acquires and waits; the caller must be held exactly as long as recorded. */
async function acquire(
  limiter: RateLimiter,
  permits: number,
  heldMs: number,
  clock: FakeClock,
): Promise<boolean | string> {
  const result = limiter.acquirePermission(permits);
  if (heldMs === 0) return clock.pendingTimers === 0 ? result : 'held, but should not be';

  if (clock.pendingTimers === 0) return 'not held, but should be';
  const endsAt = clock.now() + heldMs;
  clock.advanceTo(endsAt - 0.4 / nanosInMs);
  if (clock.pendingTimers === 0) return 'held too short';
  clock.advanceTo(endsAt);
  return clock.pendingTimers === 0 ? result : 'held too long';
}

function observe(limiter: RateLimiter): RateLimiterObservables {
  const { availablePermissions, nanosToWait, cycle } = limiter.metrics;
  return { availablePermissions, nanosToWait, cycle };
}
