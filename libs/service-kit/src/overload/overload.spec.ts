import { describe, expect, it } from 'vitest';
import { Admission } from './overload.ts';

describe('Admission', () => {
  it('admits requests up to its limit, and one more when one has ended', () => {
    const admission = new Admission({ maxInFlight: 2, maxEventLoopDelayMs: 1_000 }, () => 0);

    const entered = [admission.tryAcquire(), admission.tryAcquire(), admission.tryAcquire()];
    admission.release();

    expect(entered).toEqual([undefined, undefined, 'in_flight']);
    expect(admission.tryAcquire()).toBeUndefined();
    expect(admission.inFlight).toBe(2);
  });

  it('refuses requests only while the event loop is delayed', () => {
    let delayMs = 1_001;
    const admission = new Admission({ maxInFlight: 2, maxEventLoopDelayMs: 1_000 }, () => delayMs);

    const delayed = admission.tryAcquire();
    delayMs = 1_000;

    expect(delayed).toBe('event_loop_delay');
    expect(admission.tryAcquire()).toBeUndefined();
    expect(admission.inFlight).toBe(1);
  });

  it('counts refused requests by reason', () => {
    const admission = new Admission({ maxInFlight: 1, maxEventLoopDelayMs: 1_000 }, () => 0);

    admission.tryAcquire();
    admission.tryAcquire();
    admission.tryAcquire();
    admission.countRefusal('client_rate');

    expect(admission.refused).toEqual({ in_flight: 2, event_loop_delay: 0, client_rate: 1 });
  });
});
