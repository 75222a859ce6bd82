import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { RetryBudget } from './retry-budget.ts';

type Step = { readonly calls: number } | { readonly retries: number } | { readonly elapsedMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ calls: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ retries: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(100)) }),
  fc.record({ elapsedMs: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ elapsedMs: fc.integer({ min: 900, max: 1_100 }) }),
  fc.record({ elapsedMs: fc.integer({ min: 1, max: 100_000 }) }),
);

const options = fc.record({
  retryRatio: fc.oneof(fc.constantFrom(0, 0.1, 0.2, 1, 3), fc.double({ min: 0, max: 5, noNaN: true })),
  minRetriesPerSecond: fc.integer({ min: 0, max: 5 }),
  ttl: fc.oneof(fc.constant(1_000), fc.integer({ min: 1_000, max: 5_000 })),
});

const times = (count: number) => Array.from({ length: count }).keys();

const within = (moments: readonly number[], after: number, until: number) =>
  moments.filter((time) => time > after && time <= until).length;

describe('A retry budget', () => {
  it('never permits more retries than retryRatio of the calls plus the reserve, in the ttl that ends with any retry', () => {
    fc.assert(
      fc.property(
        options,
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 0, max: 999 }),
        (given, steps, offset) => {
          const clock = new FakeClock(1_700_000_000_000 + offset);
          const budget = new RetryBudget('shared', given, { clock });
          const reserve = (given.minRetriesPerSecond * given.ttl) / 1_000;
          const calls: number[] = [];
          const retries: number[] = [];
          let isBalanceRight = true;

          for (const step of steps) {
            if ('elapsedMs' in step) clock.advance(step.elapsedMs);
            for (const _ of times('calls' in step ? step.calls : 0)) {
              budget.deposit();
              calls.push(clock.now());
            }
            for (const _ of times('retries' in step ? step.retries : 0)) {
              const balance = budget.balance;
              const isGranted = budget.tryWithdraw();
              isBalanceRight &&= isGranted === balance >= 1 && budget.balance === (isGranted ? balance - 1 : 0);
              if (isGranted) retries.push(clock.now());
            }
          }

          expect(isBalanceRight).toBe(true);
          for (const end of new Set(retries)) {
            const allowed = given.retryRatio * within(calls, end - given.ttl, end) + reserve;
            expect(within(retries, end - given.ttl, end)).toBeLessThanOrEqual(allowed + 1e-6);
          }
          // Retries at the start of a window may be due to calls of up to one ttl before it.
          for (const start of new Set([...calls, ...retries])) {
            const allowed = given.retryRatio * within(calls, start - given.ttl, start + given.ttl) + reserve;
            expect(within(retries, start, start + given.ttl)).toBeLessThanOrEqual(allowed + 1e-6);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('permits at least retryRatio of the calls in nine tenths of the ttl, if there was no retry', () => {
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 60 }), (given, steps) => {
        const clock = new FakeClock();
        const budget = new RetryBudget('shared', given, { clock });
        const calls: number[] = [];

        for (const step of steps) {
          if ('elapsedMs' in step) clock.advance(step.elapsedMs);
          for (const _ of times('calls' in step ? step.calls : 0)) {
            budget.deposit();
            calls.push(clock.now());
          }
        }

        const reserve = (given.minRetriesPerSecond * given.ttl) / 1_000;
        const recent = within(calls, clock.now() - 0.9 * given.ttl, clock.now());
        expect(budget.balance).toBeGreaterThanOrEqual(Math.floor(given.retryRatio * recent + reserve));
      }),
    );
  });
});
