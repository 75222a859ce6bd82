import { describe, expect, it } from 'vitest';
import { progressOf, secondsOf } from './load-plan.ts';

const plan = {
  startRate: 10,
  stages: [
    { rate: 10, seconds: 5 },
    { rate: 30, seconds: 4 },
    { rate: 30, seconds: 1 },
  ],
};

describe('a plan of load', () => {
  it('lasts as long as its stages together', () => {
    expect(secondsOf(plan)).toBe(10);
  });

  it.each([
    ['at its begin', 0, 0, 10],
    ['in a stage that holds the rate', 3, 30, 10],
    // Half way up from 10 to 30: two seconds of 15 on average.
    ['in a stage that moves it', 7, 50 + 2 * 15, 20],
    ['at its end', 10, 50 + 4 * 20 + 30, 30],
    ['after it', 99, 50 + 4 * 20 + 30, 30],
  ])('%s has made due what the rates add up to', (_when, elapsed, due, rate) => {
    const progress = progressOf(plan, elapsed);

    expect(progress.due).toBeCloseTo(due, 9);
    expect(progress.rate).toBeCloseTo(rate, 9);
  });
});
