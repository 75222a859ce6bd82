import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { type HealthProbe, HealthProber } from './health-prober.ts';

const outage = new Error('outage');

function setUp(probe: HealthProbe) {
  const clock = new FakeClock();
  const results: unknown[] = [];
  const prober = new HealthProber(
    probe,
    { healthProbeInterval: 1_000, healthProbeTimeout: 200 },
    clock,
    (isHealthy, error) => results.push([isHealthy, error]),
  );
  return { clock, prober, results };
}

describe('A health prober', () => {
  it.each([
    ['returns a value', () => 'up', [true, undefined]],
    ['returns nothing', () => undefined, [true, undefined]],
    ['resolves to false', () => Promise.resolve(false), [false, undefined]],
    ['rejects', () => Promise.reject(outage), [false, outage]],
    [
      'throws',
      () => {
        throw outage;
      },
      [false, outage],
    ],
  ])('reports the result at each interval when the probe %s', async (_what, probe, result) => {
    const { clock, prober, results } = setUp(probe);
    prober.start();

    await clock.advanceAsync(999);
    expect(results).toStrictEqual([]);
    await clock.advanceAsync(1);
    expect(results).toStrictEqual([result]);
    await clock.advanceAsync(1_000);

    expect(results).toStrictEqual([result, result]);
    expect(clock.pendingTimers).toBe(1);
    prober.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('aborts a probe that takes too long, reports it as unhealthy, and continues', async () => {
    const signals: AbortSignal[] = [];
    const { clock, prober, results } = setUp(({ signal }) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise(() => {}) : true;
    });
    prober.start();
    await clock.advanceAsync(1_199);
    expect(results).toStrictEqual([]);

    await clock.advanceAsync(1);
    const error = expect.objectContaining({ message: 'The health probe did not return within 200 ms.' }) as unknown;
    expect(results).toStrictEqual([[false, error]]);
    expect([signals[0]?.aborted, signals[0]?.reason]).toStrictEqual([true, error]);
    await clock.advanceAsync(1_000);

    expect(results[1]).toStrictEqual([true, undefined]);
    expect(signals[1]?.aborted).toBe(false);
    prober.stop();
  });

  it('aborts the probe in flight when it is stopped, and reports nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const signals: AbortSignal[] = [];
    const { clock, prober, results } = setUp(({ signal }) => {
      signals.push(signal);
      return promise;
    });
    prober.start();
    await clock.advanceAsync(1_000);

    prober.stop();
    resolve(true);
    await clock.advanceAsync(5_000);

    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true]);
    expect(results).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ignores the result of an earlier start', async () => {
    const probes: PromiseWithResolvers<boolean>[] = [];
    const { clock, prober, results } = setUp(() => {
      probes.push(Promise.withResolvers<boolean>());
      return probes.at(-1)!.promise;
    });
    prober.start();
    await clock.advanceAsync(1_000);
    prober.stop();
    prober.start();
    await clock.advanceAsync(1_000);

    probes[0]!.resolve(false);
    await clock.advanceAsync(0);
    expect(results).toStrictEqual([]);
    probes[1]!.resolve(true);
    await clock.advanceAsync(0);

    expect(results).toStrictEqual([[true, undefined]]);
    prober.stop();
  });

  it('can be stopped before it was started', () => {
    const { clock, prober } = setUp(() => true);

    expect(() => prober.stop()).not.toThrow();
    expect(clock.pendingTimers).toBe(0);
  });
});
