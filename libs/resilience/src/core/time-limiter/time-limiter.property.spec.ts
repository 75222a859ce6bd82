import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import { TimeLimiter } from './time-limiter.ts';

/** Runs all pending promise callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const outage = new Error('outage');
const abortReason = new Error('the caller aborted');

describe('A time-limited call', () => {
  it('settles at the first of its end, the timeout and the abort, with one event at most and no timer left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 80 }),
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined }),
        fc.boolean(),
        async (timeoutDuration, latencyMs, succeeds, abortAt, cancelRunningFuture) => {
          // The order of simultaneous ends is not specified.
          fc.pre(latencyMs !== timeoutDuration && abortAt !== latencyMs && abortAt !== timeoutDuration);
          const clock = new FakeClock(0);
          const limiter = new TimeLimiter('customer', { timeoutDuration, cancelRunningFuture }, { clock });
          const controller = new AbortController();
          const events: string[] = [];
          limiter.onEvent(({ type }) => events.push(type));
          let seen: AbortSignal | undefined;
          let settledAt: number | undefined;

          const result = limiter
            .execute(
              ({ signal }) => {
                seen = signal;
                const { promise, resolve, reject } = Promise.withResolvers<string>();
                clock.schedule(latencyMs, () => (succeeds ? resolve('response') : reject(outage)));
                return promise;
              },
              { signal: controller.signal },
            )
            .catch((error: unknown) => error)
            .finally(() => (settledAt ??= clock.now()));
          for (let time = 0; time <= 100; time++) {
            clock.advanceTo(time);
            if (time === abortAt) controller.abort(abortReason);
            await settle();
          }

          const ends = [
            { at: latencyMs, type: succeeds ? 'SUCCESS' : 'ERROR' },
            { at: timeoutDuration, type: 'TIMEOUT' },
            { at: abortAt ?? Number.POSITIVE_INFINITY, type: 'ABORT' },
          ];
          const [first] = ends.toSorted((a, b) => a.at - b.at);
          const outcome = await result;
          expect(settledAt).toBe(first!.at);
          expect(events).toStrictEqual(first!.type === 'ABORT' ? [] : [first!.type]);
          if (first!.type === 'SUCCESS') expect(outcome).toBe('response');
          if (first!.type === 'ERROR') expect(outcome).toBe(outage);
          if (first!.type === 'ABORT') expect(outcome).toBe(abortReason);
          if (first!.type === 'TIMEOUT') expect(outcome).toBeInstanceOf(TimeoutExceededError);
          const isAborted = first!.type === 'ABORT' || (first!.type === 'TIMEOUT' && cancelRunningFuture);
          if (isAborted) expect(seen!.reason).toBe(outcome);
          if (first!.type === 'SUCCESS' || first!.type === 'ERROR') expect(seen!.aborted).toBe(false);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
    );
  });
});
