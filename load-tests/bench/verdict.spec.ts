import { describe, expect, it } from 'vitest';
import type { ColdStart } from './cold-start.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { Stretch, StretchPair } from './saturation.ts';
import type { ArmName } from './services/arm.ts';
import type { MemoryUse } from './memory.ts';
import { type ArmRun, compare, type ServiceComparison } from './services/comparison.ts';
import { committedTargets, costOf, judge, type Measured } from './verdict.ts';

const stretch = (given: Partial<Stretch> = {}): Stretch => ({
  perSecond: 400,
  processorMsEach: 2,
  busy: 0.99,
  others: 0,
  ...given,
});

/** Pairs in which the pipeline multiplies the processor time by `cost` and divides the throughput by it. */
const pairsAt = (cost: number): StretchPair[] =>
  Array.from({ length: 5 }, () => ({
    protected: stretch({ perSecond: 400 / cost, processorMsEach: 2 * cost }),
    unprotected: stretch(),
  }));

const lag = (medianP99Ms: number, others = 0): EventLoopLag => ({
  perSecond: 280,
  p99Ms: [medianP99Ms],
  medianP99Ms,
  responses: { p50: 5, p95: 10, p99: 20, max: 30 },
  others,
});

const coldStart = (medianMs: number): ColdStart => ({ startsMs: [medianMs], medianMs, parts: [] });

const armRun = (name: ArmName, stretches: readonly Stretch[]): ArmRun => ({
  name,
  stretches,
  startsMs: [500],
  restMiB: 100,
  loadMiB: [150],
  warmUpSeconds: 30,
  isLevel: true,
});

/** The services at these multiples of the cost of the bare one. */
const servicesAt = (costs: Partial<Record<ArmName, number>>, others = 0): ServiceComparison => {
  const arms = Object.entries({ bare: 1, ...costs }) as [ArmName, number][];
  return compare(
    arms.map(([name, cost]) => armRun(name, [stretch({ processorMsEach: 0.5 * cost, others })])),
    [],
  );
};

const memoryOf = (given: Partial<MemoryUse['services'][number]>): MemoryUse => ({
  minutes: 15,
  perSecond: 60,
  services: [
    { name: 'console', firstMiB: 100, maxMiB: 200, growth: 1.02, requestedMiB: 320, mib: [100, 200], ...given },
  ],
});

const measured = (given: Partial<Measured> = {}): Measured => ({
  pipeline: costOf(pairsAt(1.02)),
  lag: lag(15),
  coldStart: coldStart(800),
  protection: undefined,
  memory: memoryOf({}),
  watching: undefined,
  services: servicesAt({ account: 1.25, traced: 1.35, '5046a20': 2.1, spring: 1.1 }),
  ...given,
});

describe('the cost of a pipeline', () => {
  it('is the added processor time, and the remaining share of it and of throughput', () => {
    const { throughput, processorTime, addedMs, perSecond, processorMsEach } = costOf(pairsAt(1.25));

    expect(throughput.median).toBeCloseTo(0.8, 10);
    expect(processorTime?.median).toBeCloseTo(0.8, 10);
    expect(addedMs?.median).toBeCloseTo(0.5, 10);
    expect(perSecond).toEqual({ protected: 320, unprotected: 400 });
    expect(processorMsEach).toEqual({ protected: 2.5, unprotected: 2 });
  });

  it('omits processor time when the platform does not report it', () => {
    const unknown = stretch({ processorMsEach: undefined, busy: undefined });

    const cost = costOf([{ protected: unknown, unprotected: unknown }]);

    expect(cost).toMatchObject({
      processorTime: undefined,
      addedMs: undefined,
      processorMsEach: undefined,
      busy: undefined,
    });
    expect(cost.throughput.median).toBe(1);
  });

  it('counts the responses that opened no account in both arms', () => {
    const pairs = [{ protected: stretch({ others: 2 }), unprotected: stretch({ others: 3 }) }];

    expect(costOf(pairs).others).toBe(5);
  });
});

describe('the verdict of the service benchmark', () => {
  it('is passed when every target is reached', () => {
    const { checks, invalid, isPassed } = judge(measured(), committedTargets);

    expect(checks.map(({ what, isReached }) => [what, isReached])).toEqual([
      ['processor time of the pipeline', true],
      ['event loop lag p99 at 70 % load', true],
      ['cold start', true],
      ['processor time of account / bare', true],
      ['processor time of 5046a20 / bare', true],
      ['processor time of traced / account', true],
      ['memory of console, last third / second', true],
      ['memory of console', true],
    ]);
    expect(invalid).toBeUndefined();
    expect(isPassed).toBe(true);
  });

  it.each<[string, Partial<Measured>]>([
    ['the pipeline costs more than 60 µs', { pipeline: costOf(pairsAt(1.031)) }],
    ['account costs more than 1.3 times as much as the bare service', { services: servicesAt({ account: 1.31 }) }],
    ['memory grows', { memory: memoryOf({ growth: 1.11 }) }],
    ['a service takes as much memory as it requests', { memory: memoryOf({ maxMiB: 320 }) }],
    ['a tenth of the traces costs more than a tenth', { services: servicesAt({ account: 1, traced: 1.11 }) }],
    ['the bare service is hardly cheaper than account was', { services: servicesAt({ '5046a20': 1.79 }) }],
    ['the event-loop lag equals the target', { lag: lag(20) }],
    ['a start takes as long as the target', { coldStart: coldStart(1_000) }],
  ])('is failed when %s', (_, given) => {
    const { invalid, isPassed } = judge(measured(given), committedTargets);

    expect(invalid).toBeUndefined();
    expect(isPassed).toBe(false);
  });

  it('includes only targets of selected measurements', () => {
    const { checks, isPassed } = judge(
      measured({ pipeline: undefined, lag: undefined, services: undefined, memory: undefined }),
      committedTargets,
    );

    expect(checks.map(({ what }) => what)).toEqual(['cold start']);
    expect(isPassed).toBe(true);
  });

  it('is invalid when account did not use its processor', () => {
    const pairs = [{ protected: stretch({ busy: 0.6 }), unprotected: stretch({ busy: 0.7 }) }];

    const { invalid, isPassed } = judge(measured({ pipeline: costOf(pairs) }), committedTargets);

    expect(invalid).toContain('only 65 % of a processor');
    expect(isPassed).toBe(false);
  });

  it.each<[string, Partial<Measured>]>([
    ['at saturation', { pipeline: costOf([{ protected: stretch({ others: 1 }), unprotected: stretch() }]) }],
    ['at 70 % load', { lag: lag(15, 1) }],
    ['next to other services', { services: servicesAt({}, 1) }],
  ])('is invalid when requests %s received no 201', (_, given) => {
    expect(judge(measured(given), committedTargets).invalid).toContain('1 requests received no 201');
  });
});
