import { describe, expect, it } from 'vitest';
import { Load } from './load.ts';

describe('Load', () => {
  it('lets in as many requests as may be under way, and one more when one has ended', () => {
    const load = new Load({ maxInFlight: 2, maxEventLoopDelayMs: 1_000 }, () => 0);

    const entered = [load.enter(), load.enter(), load.enter()];
    load.leave();

    expect(entered).toEqual([undefined, undefined, 'in_flight']);
    expect(load.enter()).toBeUndefined();
    expect(load.inFlight).toBe(2);
  });

  it('lets nobody in while the event loop is late, and everybody when it is not any more', () => {
    let delayMs = 1_001;
    const load = new Load({ maxInFlight: 2, maxEventLoopDelayMs: 1_000 }, () => delayMs);

    const late = load.enter();
    delayMs = 1_000;

    expect(late).toBe('event_loop_delay');
    expect(load.enter()).toBeUndefined();
    expect(load.inFlight).toBe(1);
  });

  it('counts what was turned away, by why', () => {
    const load = new Load({ maxInFlight: 1, maxEventLoopDelayMs: 1_000 }, () => 0);

    load.enter();
    load.enter();
    load.enter();
    load.turnedAway('client_rate');

    expect(load.shed).toEqual({ in_flight: 2, event_loop_delay: 0, client_rate: 1 });
  });
});
