import { describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import { describeInstance, type InstanceOptions } from '../instance.ts';
import type { Outage } from './outage.ts';
import { simulate } from './simulate.ts';
import { countOutcomes, summarize } from './simulation-report.ts';

const slow = { slowCallDurationThreshold: '1s', slowCallRateThreshold: 70 } as const;
const countWindow = { slidingWindowSize: 10, minimumNumberOfCalls: 10 } as const;
const timeWindow = { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 } as const;

function phase(atMs: number, latencyMs: number, errorPercentage = 0) {
  return { atMs, latencyMs, errorPercentage };
}

async function simulated(options: InstanceOptions, outage: Outage) {
  const simulation = await simulate(describeInstance('customer', options), outage);
  const transitions = simulation.transitions.map(
    ({ atMs, fromState, toState }) => `${atMs / 1_000} s: ${fromState} -> ${toState}`,
  );
  return { simulation, transitions, seen: countOutcomes(simulation.calls) };
}

describe('twenty consecutive calls of 2 s', () => {
  const outage: Outage = { phases: [phase(0, 2_000)], concurrency: 1, calls: 20 };

  it.each<[string, CircuitBreakerOptions, number | undefined]>([
    ['count window of 10 with a slow threshold', { ...countWindow, ...slow }, 10],
    ['count window of 10 without one', countWindow, undefined],
    ['count window of 10 and a minimum of 100', { ...countWindow, ...slow, minimumNumberOfCalls: 100 }, 10],
    ['time window of 10 s and a minimum of 5', { ...timeWindow, ...slow, minimumNumberOfCalls: 5 }, 5],
    ['time window of 10 s and a minimum of 6', { ...timeWindow, ...slow, minimumNumberOfCalls: 6 }, undefined],
  ])('%s', async (_title, circuitBreaker, openedAfter) => {
    const { simulation, seen } = await simulated(
      { circuitBreaker: { failureRateThreshold: 70, ...circuitBreaker } },
      outage,
    );

    expect(simulation.transitions.map(({ toState, afterCalls }) => [toState, afterCalls])).toEqual(
      openedAfter === undefined ? [] : [['OPEN', openedAfter]],
    );
    expect(seen).toMatchObject({
      answered: openedAfter ?? 20,
      notPermitted: openedAfter === undefined ? 0 : 20 - openedAfter,
    });
    expect(simulation.finalState).toBe(openedAfter === undefined ? 'CLOSED' : 'OPEN');
  });

  it('report the rates that opened the circuit breaker', async () => {
    const { simulation } = await simulated({ circuitBreaker: { ...countWindow, ...slow } }, outage);

    expect(simulation.transitions).toStrictEqual([
      { atMs: 20_000, fromState: 'CLOSED', toState: 'OPEN', afterCalls: 10, failureRate: 0, slowCallRate: 100 },
    ]);
  });
});

describe('a simulated outage', () => {
  const circuitBreaker = {
    ...countWindow,
    ...slow,
    waitDurationInOpenState: '10s',
    permittedNumberOfCallsInHalfOpenState: 3,
  } as const;

  it('opens the circuit breaker, keeps it open, and lets it close afterwards', async () => {
    const outage: Outage = {
      phases: [phase(0, 50), phase(10_000, 50, 100), phase(25_000, 50)],
      ratePerSecond: 2,
      untilMs: 60_000,
    };

    const { simulation, transitions } = await simulated({ circuitBreaker }, outage);

    // Five failures of ten make 50 %: the calls at 10, 10.5, 11, 11.5 and 12 s. OPEN then ends with the call at 22.5 s,
    // which fails as well as the next two; the second OPEN ends after the outage.
    expect(transitions).toEqual([
      '12.05 s: CLOSED -> OPEN',
      '22.5 s: OPEN -> HALF_OPEN',
      '23.55 s: HALF_OPEN -> OPEN',
      '34 s: OPEN -> HALF_OPEN',
      '35.05 s: HALF_OPEN -> CLOSED',
    ]);
    const [before, during, after] = summarize(simulation, outage).phases;
    expect(before).toMatchObject({ endMs: 10_000, calls: { answered: 20 }, dependencyCalls: 20, longestWaitMs: 50 });
    expect(during).toMatchObject({ calls: { failed: 8, notPermitted: 22 }, dependencyCalls: 8 });
    expect(after).toMatchObject({ calls: { answered: 52, notPermitted: 18 }, dependencyCalls: 52 });
  });

  it('has the same result in each run', async () => {
    const outage: Outage = { phases: [phase(0, 30, 40), phase(5_000, 1_500, 10)], ratePerSecond: 7, concurrency: 5 };
    const options = { circuitBreaker: { ...circuitBreaker, waitJitterFactor: 0.5 }, retry: {} };

    expect((await simulated(options, outage)).simulation).toEqual((await simulated(options, outage)).simulation);
  });

  it('spreads failures evenly', async () => {
    const { simulation, seen } = await simulated({}, { phases: [phase(0, 10, 30)], concurrency: 1, calls: 10 });

    expect(seen).toMatchObject({ answered: 7, failed: 3 });
    expect(simulation.calls.map(({ outcome }) => outcome === 'failed')).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((call) => [4, 7, 10].includes(call)),
    );
  });

  it('fails with an error that the configuration records', async () => {
    class CustomerUnreachable extends Error {}
    const options = { circuitBreaker: { ...circuitBreaker, recordExceptions: [CustomerUnreachable] } };

    const { simulation } = await simulated(options, { phases: [phase(0, 10, 100)], concurrency: 1, calls: 10 });

    expect(simulation.finalState).toBe('OPEN');
  });
});

describe('the policies of a simulated instance', () => {
  it('include the time limiter: timeouts are recorded as failures, and the work is aborted', async () => {
    const options = { circuitBreaker: countWindow, timeLimiter: { timeoutDuration: '1s' } };

    const { simulation, seen } = await simulated(options, { phases: [phase(0, 5_000)], concurrency: 1, calls: 12 });

    expect(seen).toMatchObject({ timedOut: 10, notPermitted: 2 });
    expect(simulation.endedAtMs).toBe(10_000);
  });

  it('include the retry: each attempt reaches the circuit breaker and the dependency', async () => {
    const options = { circuitBreaker: countWindow, retry: { maxAttempts: 5, waitDuration: '100ms' } };

    const { simulation, seen } = await simulated(options, { phases: [phase(0, 10, 100)], concurrency: 1, calls: 3 });

    expect(simulation.dependencyCallsAtMs).toHaveLength(10);
    expect(seen).toMatchObject({ failed: 2, notPermitted: 1 });
  });

  it("include the bulkhead: with too few permits it rejects the share that Little's law predicts", async () => {
    const options = { bulkhead: { maxConcurrentCalls: 5 } };
    const outage = { phases: [phase(0, 2_000)], ratePerSecond: 10, untilMs: 100_000 };

    const { seen } = await simulated(options, outage);

    expect(seen['bulkheadFull']! / (seen['bulkheadFull']! + seen['answered']!)).toBeCloseTo(0.75, 2);
  });

  it('include the rate limiter: it permits calls up to its limit', async () => {
    const options = { rateLimiter: { limitForPeriod: 1, limitRefreshPeriod: '1s', timeoutDuration: 0 } };

    const { seen } = await simulated(options, { phases: [phase(0, 10)], ratePerSecond: 4, untilMs: 60_000 });

    expect(seen).toMatchObject({ answered: 60, rateLimited: 180 });
  });

  it('apply in the given order: a timeout around the circuit breaker is not recorded', async () => {
    const options = {
      circuitBreaker: countWindow,
      timeLimiter: { timeoutDuration: '1s' },
      order: ['timeLimiter', 'circuitBreaker'],
    } as const;

    const { simulation, seen } = await simulated(options, { phases: [phase(0, 5_000)], concurrency: 1, calls: 12 });

    expect(seen).toMatchObject({ timedOut: 12 });
    expect(simulation.transitions).toEqual([]);
  });

  it('include the retry budget that the retry names', async () => {
    const instance = {
      ...describeInstance('customer', { retry: { retryBudget: 'shared', waitDuration: 0 } }),
      retryBudget: { retryRatio: 0, minRetriesPerSecond: 0, ttl: 10_000 },
    };

    const { dependencyCallsAtMs } = await simulate(instance, { phases: [phase(0, 10, 100)], concurrency: 1, calls: 5 });

    expect(dependencyCallsAtMs).toHaveLength(5);
  });
});

describe('simulated callers', () => {
  it('abort after their deadline, which is no evidence against the dependency', async () => {
    const outage = { phases: [phase(0, 5_000)], concurrency: 1, calls: 15, callerDeadlineMs: 1_000 };

    const { simulation, seen } = await simulated({ circuitBreaker: countWindow }, outage);

    expect(seen).toMatchObject({ callerAborted: 15 });
    expect(simulation.transitions).toEqual([]);
  });

  it('skip calls that are due while all of them are busy', async () => {
    const outage = { phases: [phase(0, 4_000), phase(10_000, 10)], ratePerSecond: 1, concurrency: 2, untilMs: 20_000 };

    const { simulation } = await simulated({}, outage);

    expect(simulation.calls.map(({ startedAtMs }) => startedAtMs / 1_000)).toEqual([
      0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
  });

  it('pause after a refused call', async () => {
    const options = { circuitBreaker: { initialState: 'FORCED_OPEN' } } as const;

    const { seen } = await simulated(options, { phases: [phase(0, 10)], concurrency: 1, untilMs: 1_000 });

    expect(seen).toMatchObject({ notPermitted: 10 });
  });

  it('must be given by a rate or a number', async () => {
    await expect(simulated({}, { phases: [phase(0, 10)] })).rejects.toThrow(
      'give a rate or a number of concurrent callers',
    );
  });

  it('are limited to 200,000 calls', { timeout: 30_000 }, async () => {
    const outage = { phases: [phase(0, 0)], ratePerSecond: 1_000_000, untilMs: 3_600_000 };

    await expect(simulated({}, outage)).rejects.toThrow(
      "The simulation of 'customer' would make more than 200000 calls",
    );
  });
});

describe('simulate', () => {
  it('does not change the simulated instance', async () => {
    const breaker = new CircuitBreaker('customer', countWindow);

    await simulate(
      { name: 'customer', circuitBreaker: breaker.config },
      { phases: [phase(0, 10, 100)], concurrency: 1, calls: 20 },
    );

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });
});
