import { CircuitBreaker, TimeLimiter, type CircuitBreakerOptions } from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { describe, expect, it } from 'vitest';
import { CustomerUnavailableError } from '../customer/customer-unavailable.error.ts';
import type { CustomerClient } from '../customer/customer.client.ts';
import { lookUpRepeatedly, type CallEvent, type LookupEvent } from './customer-lookups.ts';

const never = new AbortController().signal;

/** A laboratory in which customer takes as long as it is told, by a clock that only it moves. */
function laboratory(options: CircuitBreakerOptions, answer: (clock: FakeClock) => Promise<unknown>) {
  const clock = new FakeClock();
  const circuitBreaker = new CircuitBreaker('trial', options, { clock });
  const client = { findById: () => answer(clock) } as unknown as CustomerClient;
  const timeLimiter = new TimeLimiter('trial', { timeoutDuration: '60s' }, { clock });
  return { instance: 'account-1', client, circuitBreaker, timeLimiter, clock };
}

const taking = (ms: number) => async (clock: FakeClock) => {
  clock.advance(ms);
  return { id: 'c-1001', status: 'ACTIVE' };
};

const failing = async () => {
  throw new CustomerUnavailableError('customer answered 500');
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

const callsOf = (events: readonly LookupEvent[]): CallEvent[] => events.filter((event) => event.type === 'call');

const options: CircuitBreakerOptions = {
  slidingWindowSize: 2,
  minimumNumberOfCalls: 2,
  slowCallDurationThreshold: '1s',
  slowCallRateThreshold: 70,
  waitDurationInOpenState: '10s',
};

const dto = { times: 3, breaker: 'trial', customerId: 'c-1001', reset: false };

describe('lookUpRepeatedly', () => {
  it('tells of the start with the resolved options, of each call, and of the end', async () => {
    const events = await collect(lookUpRepeatedly(laboratory(options, taking(2_000.4)), dto, never));

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
  ])('calls a call of $ms ms $outcome', async ({ ms, outcome }) => {
    const events = await collect(lookUpRepeatedly(laboratory(options, taking(ms)), { ...dto, times: 1 }, never));

    expect(callsOf(events).map((call) => call.outcome)).toEqual([outcome]);
  });

  it('calls a failure failed', async () => {
    const events = await collect(lookUpRepeatedly(laboratory(options, failing), dto, never));

    expect(callsOf(events).map(({ outcome, failureRate }) => [outcome, failureRate])).toEqual([
      ['failed', -1],
      ['failed', 100],
      ['not-permitted', 100],
    ]);
  });

  it('calls what does not end in time failed', async () => {
    const events = await collect(lookUpRepeatedly(laboratory(options, hanging), { ...dto, times: 1 }, never));

    expect(callsOf(events)).toMatchObject([{ outcome: 'failed', durationMs: 60_000 }]);
  });

  it('is no listener of the circuit breaker any more once it has ended', async () => {
    const bench = laboratory(options, taking(2_000));
    const first = await collect(lookUpRepeatedly(bench, dto, never));
    bench.circuitBreaker.reset();

    const second = await collect(lookUpRepeatedly(bench, dto, never));

    expect(callsOf(second).map(({ transitions }) => transitions)).toEqual(
      callsOf(first).map(({ transitions }) => transitions),
    );
  });

  it('stops when nobody listens any more, without blaming customer', async () => {
    const client = new AbortController();
    const bench = laboratory(options, async () => {
      client.abort(new Error('gone'));
      throw client.signal.reason;
    });

    const events = await collect(lookUpRepeatedly(bench, dto, client.signal));

    expect(events.map(({ type }) => type)).toEqual(['start']);
    expect(bench.circuitBreaker.metrics.failedCalls).toBe(0);
  });

  it('does not hide a mistake of our own', async () => {
    const bench = laboratory(options, async () => {
      throw new TypeError('x is not a function');
    });

    await expect(collect(lookUpRepeatedly(bench, dto, never))).rejects.toThrow(TypeError);
  });

  it('goes on with the circuit breaker as it is, or begins anew where that is asked for', async () => {
    const tired = laboratory(options, failing);
    await collect(lookUpRepeatedly(tired, { ...dto, times: 2 }, never));

    const goneOn = callsOf(await collect(lookUpRepeatedly(tired, { ...dto, times: 1 }, never)));
    const anew = callsOf(await collect(lookUpRepeatedly(tired, { ...dto, times: 1, reset: true }, never)));

    expect(goneOn).toMatchObject([{ outcome: 'not-permitted', state: 'OPEN' }]);
    expect(anew).toMatchObject([{ outcome: 'failed', state: 'CLOSED', failureRate: -1, transitions: [] }]);
  });
});
