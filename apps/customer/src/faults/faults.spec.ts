import { ClientDisconnectedError, ProblemException } from '@breakwater/service-kit';
import { Logger } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { GivenFaults } from './fault-list.ts';
import type { Exchange } from './fault.ts';
import { Faults } from './faults.ts';
import { PacedClock, seededRandom } from './testing/deterministic.ts';

Logger.overrideLogger(false);

const never = new AbortController().signal;

class FakeResponse extends EventEmitter {
  destroyed = false;
  readonly socket = { destroy: () => this.#close('destroyed'), resetAndDestroy: () => this.#close('reset') };
  end: 'open' | 'destroyed' | 'reset' = 'open';

  #close(end: 'destroyed' | 'reset'): void {
    this.end = end;
    this.destroyed = true;
    this.emit('close');
  }
}

function exchange(signal = never) {
  const raw = new FakeResponse();
  const header = vi.fn();
  return { raw, header, exchange: { reply: { raw, header }, signal } as unknown as Exchange };
}

function faultsWith(given: GivenFaults) {
  const clock = new PacedClock();
  const faults = new Faults(clock, seededRandom(7));
  faults.replace(given, 'a test');
  return { faults, clock };
}

const work = async () => 'result';

describe('Faults', () => {
  it('returns the result of the work while no fault is set', async () => {
    const { faults } = faultsWith({});

    await expect(faults.apply(exchange().exchange, work)).resolves.toBe('result');
    expect(faults.active).toEqual([]);
  });

  it('fails requests at the rate of each error', async () => {
    const { faults } = faultsWith({
      errors: [
        { status: 503, rate: 0.5 },
        { status: 429, rate: 0.2 },
      ],
    });
    const statuses = new Map<number, number>();

    for (let request = 0; request < 10_000; request++) {
      const status = await faults.apply(exchange().exchange, work).then(
        () => 200,
        (error: ProblemException) => error.problem.status,
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }

    expect((statuses.get(503) ?? 0) / 10_000).toBeCloseTo(0.5, 1);
    expect((statuses.get(429) ?? 0) / 10_000).toBeCloseTo(0.2, 1);
    expect(faults.affected('errors')).toBe((statuses.get(503) ?? 0) + (statuses.get(429) ?? 0));
  });

  it('has Retry-After in whole seconds of real time', async () => {
    const faults = new Faults(new PacedClock(5), seededRandom(7));
    faults.replace({ errors: [{ status: 503, rate: 1, retryAfter: 6_000 }] }, 'a test');

    await expect(faults.apply(exchange().exchange, work)).rejects.toMatchObject({
      problem: { type: 'urn:breakwater:problem:injected-fault', status: 503, headers: { 'retry-after': '2' } },
    });
  });

  it('resets before it hangs, and hangs before it takes a worker', async () => {
    const all: GivenFaults = {
      reset: { rate: 1 },
      hang: { rate: 1 },
      capacity: { workers: 1, queue: 0, abandonedWork: 'kept' },
      latency: 1_000,
      errors: [{ status: 500, rate: 1 }],
    };
    const { faults, clock } = faultsWith(all);
    const observed = vi.fn(work);
    const first = exchange();

    await expect(faults.apply(first.exchange, observed)).rejects.toThrow(ClientDisconnectedError);
    expect(first.raw.end).toBe('reset');

    faults.change({ reset: null }, 'a test');
    const second = exchange();
    const hanging = faults.apply(second.exchange, observed);
    await clock.advance(60_000);
    expect({ worked: observed.mock.calls.length, capacity: faults.report('capacity') }).toEqual({
      worked: 0,
      capacity: { workers: 1, busy: 0, queueLength: 0 },
    });

    const failing = hanging.catch((error: unknown) => error);
    faults.change({ hang: null }, 'a test');
    await clock.advance(999);
    expect({ worked: observed.mock.calls.length, capacity: faults.report('capacity') }).toMatchObject({
      worked: 1,
      capacity: { busy: 1 },
    });
    await clock.advance(1);
    expect(await failing).toMatchObject({ problem: { status: 500 } });
    expect(faults.affected('errors')).toBe(1);
  });

  it('ends a request that hangs when its client disconnects, and at shutdown', async () => {
    const { faults } = faultsWith({ hang: { rate: 1 } });
    const [left, cut, late] = [exchange(), exchange(), exchange()];
    const send = (one: typeof left) => faults.apply(one.exchange, work);
    const hanging = [send(left), send(cut)];
    hanging[1]?.catch(() => {});

    left.raw.socket.destroy();
    await expect(hanging[0]).rejects.toThrow(ClientDisconnectedError);
    expect(cut.raw.end).toBe('open');
    faults.shutDown();

    await expect(hanging[1]).rejects.toThrow(ClientDisconnectedError);
    await expect(send(late)).rejects.toThrow(ClientDisconnectedError);
    expect([cut.raw.end, late.raw.end]).toEqual(['destroyed', 'destroyed']);
    expect(left.raw.listenerCount('close')).toBe(0);
  });

  it('malforms responses in two ways, in turn', async () => {
    const { faults } = faultsWith({ malformed: { rate: 1 } });
    const { exchange: one, header } = exchange();
    const bodies: unknown[] = [];

    for (let request = 0; request < 3; request++)
      bodies.push(await faults.apply(one, async () => ({ id: 'c-1', name: 'Ada' })));

    expect(bodies).toEqual(['{"id":"c-1","', '{"id":null,"status":["ACTIVE"]}', '{"id":"c-1","']);
    expect(header).toHaveBeenCalledWith('content-type', 'application/json; charset=utf-8');
  });

  it('replaces all or changes some, and turns off what is null', () => {
    const { faults } = faultsWith({ latency: 5, hang: { rate: 1 }, unready: true });

    faults.change({ hang: null, malformed: { rate: 0.5 } }, 'a test');
    const changed = faults.active;
    faults.replace({ unready: true }, 'a test');
    const replaced = faults.active;
    faults.replace({}, 'a test');

    expect({ changed, replaced, off: faults.active }).toEqual({
      changed: ['latency', 'malformed', 'unready'],
      replaced: ['unready'],
      off: [],
    });
  });

  it('stops waiting when the signal aborts, and frees the worker', async () => {
    const { faults, clock } = faultsWith({
      latency: 100,
      capacity: { workers: 1, queue: 0, abandonedWork: 'kept' },
    });
    const client = new AbortController();
    const waiting = faults.apply(exchange(client.signal).exchange, work);
    await setImmediate();

    client.abort(new Error('gone'));

    await expect(waiting).rejects.toThrow('gone');
    expect(faults.report('capacity')).toMatchObject({ busy: 1 });
    await clock.advance(100);
    expect(faults.report('capacity')).toMatchObject({ busy: 0 });
  });
});
