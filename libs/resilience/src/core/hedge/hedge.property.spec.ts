import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { CallContext } from '../policy.ts';
import { Hedge } from './hedge.ts';
import { LatencyHistogram } from './latency-histogram.ts';

interface Plan {
  readonly latencyMs: number;
  readonly succeeds: boolean;
  /** Whether it ends when its signal is aborted. */
  readonly obeys: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  latencyMs: fc.integer({ min: 0, max: 500 }),
  succeeds: fc.boolean(),
  obeys: fc.boolean(),
});

/** Lets everything happen that needs no more time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('A hedged call', () => {
  it('makes 1 + maxHedgedAttempts attempts at most, and in the end holds no timer and has aborted all losers', async () => {
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
            const { latencyMs, succeeds, obeys } = plans[attempt - 1]!;
            await new Promise<void>((resolve, reject) => {
              const cancel = clock.schedule(latencyMs, resolve);
              if (!obeys) return;
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
          const answer = hedge.execute(call, { signal: controller.signal });
          answer
            .then((winner) => (state.outcome = { winner }))
            .catch((error: unknown) => (state.outcome = { error }))
            .finally(() => (endedBefore = ended.length));
          for (let time = 0; state.outcome === undefined && time < 2_000; time++) {
            await settle();
            // An abort after the answer would reach the winner's signal, which is meant to follow the caller's.
            if (time === abortAt && state.outcome === undefined) controller.abort(new Error('caller'));
            clock.advance(1);
          }
          await settle();

          const { outcome } = state;
          expect(outcome).toBeDefined();
          expect(started.length).toBeLessThanOrEqual(1 + maxHedgedAttempts);
          expect(started.length).toBe(1 + hedge.metrics.numberOfHedgedAttempts);
          const answered = outcome!.winner;
          if (answered === undefined) {
            const isAbort = controller.signal.aborted && outcome!.error === controller.signal.reason;
            expect(isAbort || ended.slice(0, endedBefore).every(({ succeeded }) => !succeeded)).toBe(true);
            if (isAbort) expect(started.every(({ signal }) => signal.aborted)).toBe(true);
            else expect((outcome!.error as Error).message).toBe(`failure ${ended[0]!.attempt}`);
          } else {
            expect(ended.find(({ succeeded }) => succeeded)!.attempt).toBe(answered);
            const losers = started.filter((_, index) => index + 1 !== answered);
            expect(losers.every(({ signal }) => signal.aborted)).toBe(true);
            expect(started[answered - 1]!.signal.aborted).toBe(false);
          }

          // Only attempts that do not obey their signal are still waiting; once they end, nothing is left, and nothing follows.
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

describe('The latency histogram', () => {
  it('tells percentiles of recent latencies to within its accuracy', () => {
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

  it('files what is out of its range at the ends, and knows nothing at first', () => {
    const histogram = new LatencyHistogram(10);
    expect(histogram.percentile(50)).toBeUndefined();

    histogram.record(0);
    expect(histogram.percentile(100)).toBeLessThanOrEqual(1);
    histogram.record(Number.MAX_SAFE_INTEGER);

    expect(histogram.percentile(100)).toBeGreaterThan(580_000);
  });
});
