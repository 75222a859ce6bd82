import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TimeWindowMax } from './time-window-max.ts';

describe('TimeWindowMax', () => {
  it('is 0 before the first value', () => {
    expect(new TimeWindowMax(new FakeClock()).value).toBe(0);
  });

  it('is the largest value, not the last', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);

    for (const value of [1, 3, 2]) max.record(value, clock.now());

    expect(max.value).toBe(3);
  });

  it('drops a value after two to three minutes in favour of a smaller, later one', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);

    max.record(3, clock.now());
    clock.advance(90_000);
    max.record(1, clock.now());
    clock.advance(89_999);

    expect(max.value).toBe(3);
    clock.advance(1);
    expect(max.value).toBe(1);
    clock.advance(60_000);
    expect(max.value).toBe(0);
  });

  it('keeps a value for at least two minutes, also one that was recorded just before a rotation', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);
    clock.advance(59_999);

    max.record(3, clock.now());
    clock.advance(120_000);

    expect(max.value).toBe(3);
    clock.advance(1);
    expect(max.value).toBe(0);
  });

  it('drops a value after a long time without reads', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);

    max.record(3, clock.now());
    clock.advance(86_400_000);

    expect(max.value).toBe(0);
    max.record(2, clock.now());
    expect(max.value).toBe(2);
  });
});
