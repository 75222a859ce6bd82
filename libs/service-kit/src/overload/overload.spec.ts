import { describe, expect, it } from 'vitest';
import { Admission } from './overload.ts';

const limits = { maxInFlight: 2, maxInFlightPerClient: 0, maxEventLoopDelayMs: 1_000 };
const [client, otherClient] = ['192.0.2.1', '192.0.2.2'];

describe('Admission', () => {
  it('admits requests up to its limit, and one more when one has ended', () => {
    const admission = new Admission(limits, () => 0);

    const release = admission.tryAcquire(client);
    const further = [admission.tryAcquire(client), admission.tryAcquire(client)];
    if (typeof release === 'function') release();

    expect(further).toEqual([expect.any(Function), 'in_flight']);
    expect(admission.tryAcquire(client)).toBeTypeOf('function');
    expect(admission.inFlight).toBe(2);
  });

  it('admits requests of one client up to its share, and those of others', () => {
    const admission = new Admission({ ...limits, maxInFlightPerClient: 1 }, () => 0);

    const release = admission.tryAcquire(client);
    const second = admission.tryAcquire(client);
    const other = admission.tryAcquire(otherClient);
    if (typeof release === 'function') release();

    expect(second).toBe('client_in_flight');
    expect(other).toBeTypeOf('function');
    expect(admission.tryAcquire(client)).toBeTypeOf('function');
    expect(admission.refused).toMatchObject({ client_in_flight: 1, in_flight: 0 });
  });

  it('refuses requests only while the event loop is delayed', () => {
    let delayMs = 1_001;
    const admission = new Admission(limits, () => delayMs);

    const delayed = admission.tryAcquire(client);
    delayMs = 1_000;

    expect(delayed).toBe('event_loop_delay');
    expect(admission.tryAcquire(client)).toBeTypeOf('function');
    expect(admission.inFlight).toBe(1);
  });

  it('counts refused requests by reason', () => {
    const admission = new Admission({ ...limits, maxInFlight: 1 }, () => 0);

    admission.tryAcquire(client);
    admission.tryAcquire(client);
    admission.refuse(client);
    admission.countRefusal('client_rate');

    expect(admission.refused).toEqual({
      in_flight: 2,
      event_loop_delay: 0,
      client_rate: 1,
      client_in_flight: 0,
      waiting_responses: 0,
    });
  });
});
