import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Retry } from './retry.ts';

describe('A retry', () => {
  it('makes at most maxAttempts attempts, none after an abort, and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 50 }),
        fc.array(
          fc.record({ isAccepted: fc.boolean(), throws: fc.boolean(), latencyMs: fc.integer({ min: 0, max: 30 }) }),
          {
            minLength: 5,
            maxLength: 5,
          },
        ),
        fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
        async (maxAttempts, waitDuration, plans, abortAt) => {
          const clock = new FakeClock();
          const retry = new Retry(
            'customer',
            { maxAttempts, waitDuration, retryOnResult: (result) => result === 'rejected' },
            { clock },
          );
          const controller = new AbortController();
          let calls = 0;
          let callsAfterAbort = 0;
          const state = { isSettled: false };
          const call = async () => {
            const { isAccepted, throws, latencyMs } = plans[calls++]!;
            if (controller.signal.aborted) callsAfterAbort++;
            if (latencyMs > 0) await new Promise<void>((resolve) => clock.schedule(latencyMs, resolve));
            if (throws) throw new Error('outage');
            return isAccepted ? 'accepted' : 'rejected';
          };

          const settled = retry.execute(call, { signal: controller.signal });
          settled.catch(() => {}).finally(() => (state.isSettled = true));
          for (let time = 0; !state.isSettled && time < 1_000; time++) {
            for (let turn = 0; turn < 40; turn++) await Promise.resolve();
            if (time === abortAt) controller.abort(new Error('caller'));
            clock.advance(1);
          }

          expect(state.isSettled).toBe(true);
          expect(calls).toBeLessThanOrEqual(maxAttempts);
          expect(callsAfterAbort).toBe(0);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
    );
  });
});
