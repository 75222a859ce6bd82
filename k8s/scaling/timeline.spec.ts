import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { type Sample, stepsOf, type Timeline, turnsOf } from './timeline.ts';

const sampled = (...desired: number[]): Sample[] =>
  desired.map((desired, at) => ({ at, desired, requestsPerSecond: 0, ready: desired, customerReady: 2 }));

describe('a timeline', () => {
  it('has a step for each desired number of replicas', () => {
    expect(stepsOf(sampled(2, 2, 4, 4, 7, 2))).toEqual([2, 4, 7, 2]);
  });

  it.each([
    ['nothing happened', [2, 2, 2], 0],
    ['replicas were only added', [2, 4, 7], 0],
    ['replicas were added and then removed', [2, 4, 7, 6, 2], 1],
    ['the number was flapping', [2, 4, 3, 4, 2], 3],
  ])('counts the changes of direction when %s', (_what, desired, turns) => {
    expect(turnsOf(sampled(...desired))).toBe(turns);
  });
});

describe('the recording in docs/scaling', () => {
  const { samples, phases } = JSON.parse(
    readFileSync(join(k8sFolder, '../docs/scaling/timeline.json'), 'utf8'),
  ) as Timeline;
  const start = (phase: string): number => phases.find((one) => one.phase === phase)!.at;
  const during = (from: string, to: string): Sample[] =>
    samples.filter(({ at }) => at >= start(from) && at < start(to));

  it('scales up from two replicas and back to two without flapping', () => {
    const steps = stepsOf(samples);

    expect([steps[0], steps.at(-1)]).toEqual([2, 2]);
    expect(Math.max(...steps)).toBeGreaterThanOrEqual(6);
    expect(turnsOf(samples)).toBe(1);
  });

  it('keeps every replica while the circuit breaker is open', () => {
    const open = during('customer down, breaker open', 'customer back').map(({ desired }) => desired);

    expect(open.length).toBeGreaterThan(5);
    expect(new Set(open).size).toBe(1);
  });

  it('requests enough replicas within 30 s, and has them 60 s later', () => {
    const [enough] = during('customer down, breaker open', 'customer back').map(({ desired }) => desired);
    const secondsUntil = (holds: (sample: Sample) => boolean): number =>
      samples.find((sample) => holds(sample))!.at - start('ten times as much');

    expect(secondsUntil(({ desired }) => desired === enough)).toBeLessThanOrEqual(30);
    expect(secondsUntil(({ ready }) => ready === enough)).toBeLessThanOrEqual(90);
  });
});
