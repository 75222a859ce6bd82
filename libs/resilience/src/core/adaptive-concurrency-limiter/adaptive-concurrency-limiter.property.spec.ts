import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { RejectedError } from '../errors.ts';
import { AimdLimit, GradientLimit } from './limit-algorithms.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';
import { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter.errors.ts';

class InnerRefusal extends RejectedError {
  readonly code = 'INNER_REFUSAL';
  readonly retryAfterMs = undefined;
}

const config = fc
  .record({
    bounds: fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })),
    backoffRatio: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
    timeout: fc.integer({ min: 1, max: 200 }),
    smoothing: fc.double({ min: 0.01, max: 1, noNaN: true }),
    rttTolerance: fc.double({ min: 1, max: 4, noNaN: true }),
    longWindow: fc.integer({ min: 10, max: 60 }),
    queueSize: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ bounds, ...rest }) => {
    const [minLimit = 1, initialLimit = 1, maxLimit = 1] = bounds.toSorted((a, b) => a - b);
    return { minLimit, initialLimit, maxLimit, ...rest };
  });

const sample = fc.record({
  rttMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1_000, noNaN: true })),
  inFlight: fc.integer({ min: 1, max: 40 }),
  didDrop: fc.boolean(),
});

type Step =
  | { readonly kind: 'call' | 'advance' }
  | { readonly kind: 'end'; readonly how: 'success' | 'failure' | 'refusal' | 'abort' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>({ kind: 'call' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'advance' }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('success', 'success', 'success', 'failure', 'refusal', 'abort' as const)
      .map((how): Step => ({ kind: 'end', how })),
  },
);

describe('The limit of an adaptive concurrency limiter', () => {
  it.each([
    ['AIMD', AimdLimit],
    ['GRADIENT', GradientLimit],
  ] as const)('is a whole number from minLimit to maxLimit with %s', (_name, Algorithm) => {
    fc.assert(
      fc.property(config, fc.array(sample, { minLength: 1, maxLength: 300 }), (given, samples) => {
        const algorithm = new Algorithm(given);

        for (const each of samples) {
          const limit = algorithm.onSample(each);
          expect(limit).toBe(algorithm.limit);
          expect(Number.isInteger(limit)).toBe(true);
          expect(limit).toBeGreaterThanOrEqual(given.minLimit);
          expect(limit).toBeLessThanOrEqual(given.maxLimit);
        }
      }),
    );
  });

  it.each([
    ['AIMD', AimdLimit],
    ['GRADIENT', GradientLimit],
  ] as const)('never rises above initialLimit while less than half of it is used with %s', (_name, Algorithm) => {
    fc.assert(
      fc.property(config, fc.array(sample, { minLength: 1, maxLength: 300 }), (given, samples) => {
        const algorithm = new Algorithm(given);

        for (const each of samples) {
          const inFlight = Math.max(0, Math.ceil(algorithm.limit / 2) - 1);
          expect(algorithm.onSample({ ...each, inFlight })).toBeLessThanOrEqual(given.initialLimit);
        }
      }),
    );
  });
});

describe('Calls of an adaptive concurrency limiter', () => {
  it('are admitted below the limit, refused at the limit, and none is in flight at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        config,
        fc.constantFrom('AIMD', 'GRADIENT' as const),
        fc.array(step, { maxLength: 200 }),
        async (given, algorithm, steps) => {
          const clock = new FakeClock();
          const limiter = new AdaptiveConcurrencyLimiter('customer', { ...given, algorithm }, { clock });
          const inFlightCalls: ((how: string) => Promise<unknown>)[] = [];

          for (const each of steps) {
            const { limit, inFlight } = limiter.metrics;
            expect(inFlight).toBe(inFlightCalls.length);
            if (each.kind === 'advance') clock.advance(50);
            if (each.kind === 'end') await inFlightCalls.shift()?.(each.how);
            if (each.kind === 'call') {
              const { promise, resolve, reject } = Promise.withResolvers<void>();
              const caller = new AbortController();
              let isMade = false;
              const settled = limiter
                .execute(
                  () => {
                    isMade = true;
                    return promise;
                  },
                  { signal: caller.signal },
                )
                .catch((error: unknown) => error);
              expect(isMade).toBe(inFlight < limit);
              if (!isMade) expect(await settled).toBeInstanceOf(ConcurrencyLimitExceededError);
              else {
                inFlightCalls.push((how) => {
                  if (how === 'success') resolve();
                  else if (how === 'failure') reject(new Error('outage'));
                  else if (how === 'refusal') reject(new InnerRefusal('full'));
                  else {
                    caller.abort();
                    reject(caller.signal.reason);
                  }
                  return settled;
                });
              }
            }
          }
          for (const end of inFlightCalls) await end('success');

          expect(limiter.metrics.inFlight).toBe(0);
          expect(clock.pendingTimers).toBe(0);
        },
      ),
    );
  });
});
