import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { CallContext } from '../policy.ts';
import { Hedge } from './hedge.ts';
import { LatencyHistogram } from './latency-histogram.ts';

interface Plan {
  readonly latencyMs: number;
  readonly succeeds: boolean;
  /** Whether the attempt ends when its signal is aborted. */
  readonly endsOnAbort: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  latencyMs: fc.integer({ min: 0, max: 500 }),
  succeeds: fc.boolean(),
  endsOnAbort: fc.boolean(),
});

/** Runs all pending promise callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('A hedged call', () => {
  it('makes at most 1 + maxHedgedAttempts attempts, aborts all but the successful one and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 150 }),
        fc.array(plan, { minLength: 5, maxLength: 5 }),
        fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
        async (maxHedgedAttempts, delay, plans, abortAt) => {
          const clock = new FakeClock();
          const hedge = new Hedge('customer', { delay, maxHedgedAttempts }, { clock });
          const controller = new AbortController();
          const started: CallContext[] = [];
          const ended: { attempt: number; succeeded: boolean }[] = [];
          const call = async (context: CallContext) => {
            const attempt = started.push(context);
            const { latencyMs, succeeds, endsOnAbort } = plans[attempt - 1]!;
            await new Promise<void>((resolve, reject) => {
              const cancel = clock.schedule(latencyMs, resolve);
              if (!endsOnAbort) return;
              context.signal.addEventListener('abort', () => {
                cancel();
                reject(context.signal.reason as Error);
              });
            });
            ended.push({ attempt, succeeded: succeeds });
            if (!succeeds) throw new Error(`failure ${attempt}`);
            return attempt;
          };

          const state: { outcome?: { readonly winner?: number; readonly error?: unknown } } = {};
          let endedBefore = 0;
          const result = hedge.execute(call, { signal: controller.signal });
          result
            .then((winner) => (state.outcome = { winner }))
            .catch((error: unknown) => (state.outcome = { error }))
            .finally(() => (endedBefore = ended.length));
          for (let time = 0; state.outcome === undefined && time < 2_000; time++) {
            await settle();
            // An abort after the result would also abort the signal of the successful attempt, as it should.
            if (time === abortAt && state.outcome === undefined) controller.abort(new Error('caller'));
            clock.advance(1);
          }
          await settle();

          const { outcome } = state;
          expect(outcome).toBeDefined();
          expect(started.length).toBeLessThanOrEqual(1 + maxHedgedAttempts);
          expect(started.length).toBe(1 + hedge.metrics.numberOfHedgedAttempts);
          const winner = outcome!.winner;
          if (winner === undefined) {
            const isAbort = controller.signal.aborted && outcome!.error === controller.signal.reason;
            expect(isAbort || ended.slice(0, endedBefore).every(({ succeeded }) => !succeeded)).toBe(true);
            if (isAbort) expect(started.every(({ signal }) => signal.aborted)).toBe(true);
            else expect((outcome!.error as Error).message).toBe(`failure ${ended[0]!.attempt}`);
          } else {
            expect(ended.find(({ succeeded }) => succeeded)!.attempt).toBe(winner);
            const losers = started.filter((_, index) => index + 1 !== winner);
            expect(losers.every(({ signal }) => signal.aborted)).toBe(true);
            expect(started[winner - 1]!.signal.aborted).toBe(false);
          }

          // Attempts that ignore their signal may still be pending. After they end, no timer is left and no attempt
          // follows.
          const attempts = started.length;
          clock.advance(1_000);
          await settle();
          expect(clock.pendingTimers).toBe(0);
          expect(started).toHaveLength(attempts);
        },
      ),
    );
  });
});

describe('LatencyHistogram', () => {
  it('computes percentiles of recent latencies with a relative error of at most 2 %', () => {
    const latency = fc.double({ min: 1, max: 500_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 100 }),
        (latencies, size, percentage) => {
          const histogram = new LatencyHistogram(size);
          for (const latencyMs of latencies) histogram.record(latencyMs);

          expect(histogram.count).toBeGreaterThanOrEqual(Math.min(latencies.length, size));
          expect(histogram.count).toBeLessThanOrEqual(2 * size);
          const recent = latencies.slice(-histogram.count).toSorted((a, b) => a - b);
          const exact = recent[Math.ceil((percentage / 100) * recent.length) - 1]!;
          expect(Math.abs(histogram.percentile(percentage)! / exact - 1)).toBeLessThanOrEqual(0.020_001);
        },
      ),
    );
  });

  it('returns undefined when empty, and counts latencies outside its range in the outer buckets', () => {
    const histogram = new LatencyHistogram(10);
    expect(histogram.percentile(50)).toBeUndefined();

    histogram.record(0);
    expect(histogram.percentile(100)).toBeLessThanOrEqual(1);
    histogram.record(Number.MAX_SAFE_INTEGER);

    expect(histogram.percentile(100)).toBeGreaterThan(580_000);
  });
});
