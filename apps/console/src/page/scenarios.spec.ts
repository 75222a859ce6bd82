import { scenarios as loadTests } from '@breakwater/load-tests/scenarios';
import { describe, expect, it } from 'vitest';
import { defaultRate } from './load-controls.tsx';
import { durationOf, presets, scenarios, stepAt } from './scenarios.ts';

const named = (name: string) => scenarios.find((scenario) => scenario.name === name)!;

describe('the preset of a limited capacity', () => {
  it('lets two replicas serve at most half of the default load', () => {
    const { latency, capacity } = presets.find(({ name }) => name === 'Capacity')!.faults!;

    expect(latency).toBe('200ms');
    expect((2 * capacity!.workers * 1_000) / 200).toBeLessThanOrEqual(defaultRate / 2);
  });
});

describe('the scenarios', () => {
  it('are the load tests that need only load and faults, and the timeline of compose', () => {
    expect(scenarios.map(({ name }) => name)).toEqual([
      'customer-slow',
      'customer-errors',
      'customer-down',
      'customer-hang',
      'customer-capacity',
      'flapping',
      'one-customer-hangs',
      'one-customer-hangs-at-low-load',
      'one-customer-slow',
      'one-customer-errors',
      'one-customer-resets',
      'spike',
      'every-fault',
    ]);
  });

  it('state the same claims as the load tests of the same names', () => {
    const claims = new Map(loadTests.map(({ name, claim }) => [name, claim]));

    for (const { name, claim } of scenarios.slice(0, -1)) expect(claim).toBe(claims.get(name));
  });

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s has bounded load and ordered steps, and ends without faults',
    (_name, scenario) => {
      const { load, timeline, steps } = scenario;
      const seconds = timeline.steps.map(({ at }) => Number(/^(\d+)s$/.exec(at)?.[1]));

      expect(durationOf(scenario)).toBeLessThanOrEqual(200);
      for (const { rate, seconds } of load.stages) {
        expect(rate).toBeLessThanOrEqual(100);
        expect(Number.isInteger(seconds) && seconds > 0).toBe(true);
      }
      expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
      expect(seconds[0]).toBe(0);
      expect(Object.keys(timeline.steps.at(-1)?.faults ?? {})).toEqual(['latency']);
      expect(steps.length).toBeGreaterThan(1);
    },
  );

  it('report the step that is in effect after a number of seconds', () => {
    const slow = named('customer-slow');

    expect(stepAt(slow, 0)).toBe('customer is healthy');
    expect(stepAt(slow, 5)).toBe('customer takes 2 s, ten at a time');
    expect(stepAt(slow, 36)).toBe('customer is healthy');
    expect(stepAt(named('spike'), 6)).toBe('100 requests per second');
  });

  it('reset connections when the load test stops customer', () => {
    expect(named('customer-down').timeline.steps[1]).toMatchObject({ at: '5s', faults: { unready: true } });
  });
});
