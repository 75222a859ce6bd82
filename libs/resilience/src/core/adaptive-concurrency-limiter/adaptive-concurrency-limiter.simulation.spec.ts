import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';
import type { AdaptiveConcurrencyLimiterOptions } from './adaptive-concurrency-limiter.options.ts';

const meanServiceMs = 100;

/** A dependency with a number of workers and an unbounded queue. */
class SimulatedDependency {
  workers: number;
  serviceMs = meanServiceMs;
  readonly #clock: FakeClock;
  readonly #spread: number;
  readonly #queue: (() => void)[] = [];
  #busy = 0;
  #seed = 1;

  /** @param spread the largest deviation of a call's duration from the mean, as a share of the mean */
  constructor(clock: FakeClock, workers: number, spread: number) {
    this.#clock = clock;
    this.workers = workers;
    this.#spread = spread;
  }

  handle(): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push(resolve);
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#busy >= this.workers) return;
    const finish = this.#queue.shift();
    if (finish === undefined) return;
    this.#busy++;
    this.#clock.schedule(this.#nextServiceMs(), () => {
      this.#busy--;
      finish();
      this.#startNext();
    });
  }

  #nextServiceMs(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.serviceMs * (1 + this.#spread * (2 * (this.#seed / 2_147_483_647) - 1));
  }
}

function setUp(options: AdaptiveConcurrencyLimiterOptions, { workers = 20, spread = 0 } = {}) {
  const clock = new FakeClock();
  const limiter = new AdaptiveConcurrencyLimiter('customer', options, { clock });
  const dependency = new SimulatedDependency(clock, workers, spread);

  /** Makes calls at a constant rate, whether they are refused or not. Returns the limit at each call, lowest first. */
  const load = async (callsPerSecond: number, seconds: number): Promise<number[]> => {
    const limits: number[] = [];
    for (let call = 0; call < callsPerSecond * seconds; call++) {
      limiter.execute(() => dependency.handle()).catch(() => {});
      clock.advance(1_000 / callsPerSecond);
      for (let turn = 0; turn < 6; turn++) await Promise.resolve();
      limits.push(limiter.metrics.limit);
    }
    return limits.sort((a, b) => a - b);
  };
  return { limiter, dependency, load };
}

const quantile = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;

/** Twice the calls per second that 20 workers can handle. */
const overload = (2 * 20 * 1_000) / meanServiceMs;

const algorithms: readonly [string, AdaptiveConcurrencyLimiterOptions, { spread: number; slack: number }][] = [
  ['GRADIENT', { algorithm: 'GRADIENT' }, { spread: 0, slack: 5 }],
  ['GRADIENT with calls of unequal length', { algorithm: 'GRADIENT' }, { spread: 0.9, slack: 12 }],
  ['AIMD', { algorithm: 'AIMD', timeout: 1.5 * meanServiceMs }, { spread: 0, slack: 2 }],
];

/**
 * Both algorithms tolerate latencies up to 1.5 times the mean, so the limit settles between N and 1.5 N plus a short
 * queue. The lower bound ignores a fifth of the samples, because GRADIENT lowers the limit during probes.
 */
describe.each(algorithms)(
  'An adaptive concurrency limiter with %s, under twice the load that the dependency can handle',
  { timeout: 30_000 },
  (_name, options, given) => {
    const { spread, slack } = given;
    const upperBound = (workers: number) => 1.5 * workers + slack;

    it('settles near the number of workers from any initialLimit', async () => {
      for (const initialLimit of [2, 20, 150]) {
        const { load } = setUp({ ...options, initialLimit }, { workers: 20, spread });
        await load(overload, 30);

        const limits = await load(overload, 20);

        expect(quantile(limits, 0.2)).toBeGreaterThanOrEqual(20);
        expect(quantile(limits, 0.9)).toBeLessThanOrEqual(upperBound(20));
      }
    });

    it('stays near the number of workers under lasting load', async () => {
      const { load } = setUp(options, { workers: 20, spread });
      await load(overload, 100);

      const limits = await load(overload, 20);

      expect(quantile(limits, 0.2)).toBeGreaterThanOrEqual(20);
      expect(quantile(limits, 0.9)).toBeLessThanOrEqual(upperBound(20));
    });

    it('follows when the dependency loses half of its workers and gets them back', async () => {
      const { dependency, load } = setUp(options, { workers: 20, spread });
      await load(overload, 30);

      dependency.workers = 10;
      await load(overload, 15);
      const halved = await load(overload, 20);
      dependency.workers = 20;
      await load(overload, 15);
      const restored = await load(overload, 20);

      expect(quantile(halved, 0.2)).toBeGreaterThanOrEqual(10);
      expect(quantile(halved, 0.9)).toBeLessThanOrEqual(upperBound(10));
      expect(quantile(restored, 0.2)).toBeGreaterThanOrEqual(20);
      expect(quantile(restored, 0.9)).toBeLessThanOrEqual(upperBound(20));
    });
  },
);

describe('An adaptive concurrency limiter with GRADIENT', { timeout: 30_000 }, () => {
  it('keeps its limit when the dependency becomes slower without a queue', async () => {
    const { dependency, load } = setUp({ algorithm: 'GRADIENT' });
    await load(overload, 30);

    dependency.serviceMs = 3 * meanServiceMs;
    await load(overload, 60);
    const limits = await load(overload, 20);

    expect(quantile(limits, 0.2)).toBeGreaterThanOrEqual(20);
    expect(quantile(limits, 0.9)).toBeLessThanOrEqual(35);
  });

  it('loses less than a tenth of the throughput to probes', async () => {
    const { limiter, load } = setUp({ algorithm: 'GRADIENT' });
    await load(overload, 30);
    let finished = 0;
    limiter.on('CALL_FINISHED', () => finished++);

    await load(overload, 30);

    expect(finished / 30).toBeGreaterThan(0.9 * (overload / 2));
  });
});
