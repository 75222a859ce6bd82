import type { ExperimentCall, LookupEvent } from '@breakwater/contracts/experiments';
import { CircuitBreaker, EndpointPool, TimeLimiter, type CircuitBreakerOptions } from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { describe, expect, it } from 'vitest';
import { CustomerUnavailableError, type CustomerClient } from '../customer/customer.client.ts';
import { lookUpRepeatedly } from './customer-lookups.ts';

const never = new AbortController().signal;

/** What the lookups use, with a customer that advances the clock. */
function partsWith(options: CircuitBreakerOptions, findById: (clock: FakeClock) => Promise<unknown>) {
  const clock = new FakeClock();
  const circuitBreaker = new CircuitBreaker('trial', options, { clock });
  const client = { findById: () => findById(clock) } as unknown as CustomerClient;
  const timeLimiter = new TimeLimiter('trial', { timeoutDuration: '60s' }, { clock });
  const endpoints = new EndpointPool('trial', {}, { clock });
  return { instance: 'account-1', client, circuitBreaker, timeLimiter, endpoints, clock };
}

const taking = (ms: number) => async (clock: FakeClock) => {
  clock.advance(ms);
  return { id: 'c-1001', status: 'ACTIVE' };
};

const failing = async () => {
  throw new CustomerUnavailableError('customer responded with 500');
};

const hanging = (clock: FakeClock): Promise<never> => {
  setImmediate(() => clock.advance(60_000));
  return new Promise(() => {});
};

async function collect(events: AsyncIterable<LookupEvent>): Promise<LookupEvent[]> {
  const collected: LookupEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

const callsOf = (events: readonly LookupEvent[]): ExperimentCall[] => events.filter((event) => event.type === 'call');

const options: CircuitBreakerOptions = {
  slidingWindowSize: 2,
  minimumNumberOfCalls: 2,
  slowCallDurationThreshold: '1s',
  slowCallRateThreshold: 70,
  waitDurationInOpenState: '10s',
};

const dto = { times: 3, breaker: 'trial', customerId: 'c-1001', reset: false };

describe('lookUpRepeatedly', () => {
  it('reports the start with the resolved options, each call, and the end', async () => {
    const events = await collect(lookUpRepeatedly(partsWith(options, taking(2_000.4)), dto, never));

    expect(events).toEqual([
      {
        type: 'start',
        instance: 'account-1',
        breaker: 'trial',
        config: expect.objectContaining({
          slidingWindowType: 'COUNT_BASED',
          slidingWindowSize: 2,
          slowCallDurationThreshold: 1_000,
          waitDurationInOpenState: 10_000,
          recordExceptions: [],
        }),
      },
      {
        type: 'call',
        n: 1,
        outcome: 'slow',
        durationMs: 2_000,
        state: 'CLOSED',
        failureRate: -1,
        slowCallRate: -1,
        transitions: [],
      },
      {
        type: 'call',
        n: 2,
        outcome: 'slow',
        durationMs: 2_000,
        state: 'OPEN',
        failureRate: 0,
        slowCallRate: 100,
        transitions: ['CLOSED->OPEN'],
      },
      {
        type: 'call',
        n: 3,
        outcome: 'not-permitted',
        durationMs: 0,
        state: 'OPEN',
        failureRate: 0,
        slowCallRate: 100,
        transitions: [],
      },
      { type: 'end' },
    ]);
  });

  it.each([
    { ms: 999, outcome: 'answered' },
    { ms: 1_000, outcome: 'answered' },
    { ms: 1_000.1, outcome: 'slow' },
  ])('reports a call of $ms ms as $outcome', async ({ ms, outcome }) => {
    const events = await collect(lookUpRepeatedly(partsWith(options, taking(ms)), { ...dto, times: 1 }, never));

    expect(callsOf(events).map((call) => call.outcome)).toEqual([outcome]);
  });

  it('reports an error as failed', async () => {
    const events = await collect(lookUpRepeatedly(partsWith(options, failing), dto, never));

    expect(callsOf(events).map(({ outcome, failureRate }) => [outcome, failureRate])).toEqual([
      ['failed', -1],
      ['failed', 100],
      ['not-permitted', 100],
    ]);
  });

  it('reports a timeout as failed', async () => {
    const events = await collect(lookUpRepeatedly(partsWith(options, hanging), { ...dto, times: 1 }, never));

    expect(callsOf(events)).toMatchObject([{ outcome: 'failed', durationMs: 60_000 }]);
  });

  it('removes its listener from the circuit breaker when it ends', async () => {
    const parts = partsWith(options, taking(2_000));
    const first = await collect(lookUpRepeatedly(parts, dto, never));
    parts.circuitBreaker.reset();

    const second = await collect(lookUpRepeatedly(parts, dto, never));

    expect(callsOf(second).map(({ transitions }) => transitions)).toEqual(
      callsOf(first).map(({ transitions }) => transitions),
    );
  });

  it('stops when the client disconnects, which is not a failure of customer', async () => {
    const client = new AbortController();
    const parts = partsWith(options, async () => {
      client.abort(new Error('gone'));
      throw client.signal.reason;
    });

    const events = await collect(lookUpRepeatedly(parts, dto, client.signal));

    expect(events.map(({ type }) => type)).toEqual(['start']);
    expect(parts.circuitBreaker.metrics.failedCalls).toBe(0);
  });

  it('does not hide a bug', async () => {
    const parts = partsWith(options, async () => {
      throw new TypeError('x is not a function');
    });

    await expect(collect(lookUpRepeatedly(parts, dto, never))).rejects.toThrow(TypeError);
  });

  it('continues with the state of the circuit breaker, or resets it first', async () => {
    const open = partsWith(options, failing);
    await collect(lookUpRepeatedly(open, { ...dto, times: 2 }, never));

    const continued = callsOf(await collect(lookUpRepeatedly(open, { ...dto, times: 1 }, never)));
    const afterReset = callsOf(await collect(lookUpRepeatedly(open, { ...dto, times: 1, reset: true }, never)));

    expect(continued).toMatchObject([{ outcome: 'not-permitted', state: 'OPEN' }]);
    expect(afterReset).toMatchObject([{ outcome: 'failed', state: 'CLOSED', failureRate: -1, transitions: [] }]);
  });
});
