import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import { TimeLimiter } from './time-limiter.ts';

/** Lets everything happen that needs no more time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const outage = new Error('outage');
const gone = new Error('the caller has gone');

describe('A time-limited call', () => {
  it('is answered by whatever comes first, at that time, and leaves no timer and no event too many', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 80 }),
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined }),
        fc.boolean(),
        async (timeoutDuration, latencyMs, succeeds, abortAt, cancelRunningFuture) => {
          // Ends at the same time have no order that anybody relies on.
          fc.pre(latencyMs !== timeoutDuration && abortAt !== latencyMs && abortAt !== timeoutDuration);
          const clock = new FakeClock(0);
          const limiter = new TimeLimiter('customer', { timeoutDuration, cancelRunningFuture }, { clock });
          const controller = new AbortController();
          const told: string[] = [];
          limiter.onEvent(({ type }) => told.push(type));
          let seen: AbortSignal | undefined;
          let answeredAt: number | undefined;

          const answer = limiter
            .execute(
              ({ signal }) => {
                seen = signal;
                const { promise, resolve, reject } = Promise.withResolvers<string>();
                clock.schedule(latencyMs, () => (succeeds ? resolve('answer') : reject(outage)));
                return promise;
              },
              { signal: controller.signal },
            )
            .catch((error: unknown) => error)
            .finally(() => (answeredAt ??= clock.now()));
          for (let time = 0; time <= 100; time++) {
            clock.advanceTo(time);
            if (time === abortAt) controller.abort(gone);
            await settle();
          }

          const ends = [
            { at: latencyMs, type: succeeds ? 'SUCCESS' : 'ERROR' },
            { at: timeoutDuration, type: 'TIMEOUT' },
            { at: abortAt ?? Number.POSITIVE_INFINITY, type: 'ABORT' },
          ];
          const [first] = ends.toSorted((a, b) => a.at - b.at);
          const outcome = await answer;
          expect(answeredAt).toBe(first!.at);
          expect(told).toStrictEqual(first!.type === 'ABORT' ? [] : [first!.type]);
          if (first!.type === 'SUCCESS') expect(outcome).toBe('answer');
          if (first!.type === 'ERROR') expect(outcome).toBe(outage);
          if (first!.type === 'ABORT') expect(outcome).toBe(gone);
          if (first!.type === 'TIMEOUT') expect(outcome).toBeInstanceOf(TimeoutExceededError);
          const isCutOff = first!.type === 'ABORT' || (first!.type === 'TIMEOUT' && cancelRunningFuture);
          if (isCutOff) expect(seen!.reason).toBe(outcome);
          if (first!.type === 'SUCCESS' || first!.type === 'ERROR') expect(seen!.aborted).toBe(false);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
    );
  });
});
