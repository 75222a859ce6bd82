import { RateLimiter } from '../src/core/rate-limiter/rate-limiter.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { compare, type Difference, type ReplayResult } from './difference.ts';
import type { RateLimiterObservables, RateLimiterStep, RateLimiterTrace } from './rate-limiter.trace.ts';

const nanosInMs = 1e6;

/** Replays traces through the public calls; each is compared after every step, up to its first difference. */
export async function replayRateLimiterTraces(traces: AsyncIterable<RateLimiterTrace>): Promise<ReplayResult> {
  const differences: Difference[] = [];
  let count = 0;
  let steps = 0;
  for await (const trace of traces) {
    const difference = await replayRateLimiterTrace(trace);
    if (difference !== undefined) differences.push(difference);
    count++;
    steps += trace.steps.length;
  }
  return { traces: count, steps, differences };
}

/** @returns the first difference, or `undefined` when the whole trace is the same */
export async function replayRateLimiterTrace(trace: RateLimiterTrace): Promise<Difference | undefined> {
  // At the epoch a reading in milliseconds is fine enough for nanoseconds; today it would not be.
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
    // The end of a wait is a sum of two fractions, so that it may lie a hair's breadth behind the next step.
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

/** Acquires in the blocking way; the caller must be held exactly as long as recorded. */
async function acquire(
  limiter: RateLimiter,
  permits: number,
  heldMs: number,
  clock: FakeClock,
): Promise<boolean | string> {
  const answer = limiter.acquirePermission(permits);
  if (heldMs === 0) return clock.pendingTimers === 0 ? answer : 'held, but should not be';

  if (clock.pendingTimers === 0) return 'not held, but should be';
  const endsAt = clock.now() + heldMs;
  clock.advanceTo(endsAt - 0.4 / nanosInMs);
  if (clock.pendingTimers === 0) return 'held too short';
  clock.advanceTo(endsAt);
  return clock.pendingTimers === 0 ? answer : 'held too long';
}

function observe(limiter: RateLimiter): RateLimiterObservables {
  const { availablePermissions, nanosToWait, cycle } = limiter.metrics;
  return { availablePermissions, nanosToWait, cycle };
}
