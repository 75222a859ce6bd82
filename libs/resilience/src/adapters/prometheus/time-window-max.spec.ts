import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { TimeWindowMax } from './time-window-max.ts';

describe('The largest value lately', () => {
  it('is 0 as long as there is none', () => {
    expect(new TimeWindowMax(new FakeClock()).value).toBe(0);
  });

  it('is the largest, not the last', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);

    for (const value of [1, 3, 2]) max.record(value, clock.now());

    expect(max.value).toBe(3);
  });

  it('is forgotten after two to three minutes, and gives way to a smaller one that came later', () => {
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

  it('lasts at least two minutes, also when it came just before a turn', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);
    clock.advance(59_999);

    max.record(3, clock.now());
    clock.advance(120_000);

    expect(max.value).toBe(3);
    clock.advance(1);
    expect(max.value).toBe(0);
  });

  it('is forgotten however long nobody looked', () => {
    const clock = new FakeClock();
    const max = new TimeWindowMax(clock);

    max.record(3, clock.now());
    clock.advance(86_400_000);

    expect(max.value).toBe(0);
    max.record(2, clock.now());
    expect(max.value).toBe(2);
  });
});
