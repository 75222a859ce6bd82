import { ProblemException } from '@breakwater/service-kit';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Capacity, WorkerPool } from './capacity.ts';
import { PacedClock } from './testing/deterministic.ts';
import { wait } from './wait.ts';

type Step = { readonly do: 'arrive' | 'finish' | 'abort'; readonly pick: number };

const steps = fc.array(
  fc.record({ do: fc.constantFrom<Step['do'][]>('arrive', 'arrive', 'finish', 'abort'), pick: fc.nat(50) }),
  { maxLength: 60 },
);

describe('WorkerPool', () => {
  it('never has more busy workers than its size, serves in FIFO order and loses no worker', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(6), steps, async (workers, queue, steps) => {
        const pool = new WorkerPool({ workers, queue });
        const busy: number[] = [];
        let waiting: { readonly id: number; readonly controller: AbortController }[] = [];
        // The order of a plain FIFO queue.
        const expectedOrder: number[] = [];
        const order: number[] = [];

        for (const [id, step] of steps.entries()) {
          if (step.do === 'arrive') {
            const controller = new AbortController();
            const turn = pool.take(controller.signal);
            if (!turn) {
              expect({ busy: busy.length, waiting: waiting.length }).toEqual({ busy: workers, waiting: queue });
              continue;
            }
            turn.then(
              () => order.push(id),
              () => {},
            );
            if (busy.length < workers) {
              busy.push(id);
              expectedOrder.push(id);
            } else waiting.push({ id, controller });
          } else if (step.do === 'finish' && busy.length > 0) {
            busy.splice(step.pick % busy.length, 1);
            pool.giveBack();
            const next = waiting.shift();
            if (next) {
              busy.push(next.id);
              expectedOrder.push(next.id);
            }
          } else if (step.do === 'abort' && waiting.length > 0) {
            const gone = waiting[step.pick % waiting.length]!;
            waiting = waiting.filter((one) => one !== gone);
            gone.controller.abort(new Error('gone'));
          }
          expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({
            busy: busy.length,
            queueLength: waiting.length,
          });
          expect(pool.busy).toBeLessThanOrEqual(workers);
        }

        for (const { controller } of waiting) controller.abort(new Error('gone'));
        for (const _ of busy) pool.giveBack();
        await setImmediate();
        expect(order).toEqual(expectedOrder);
        expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({ busy: 0, queueLength: 0 });
      }),
    );
  });

  it('serves the queue when it gets more workers', () => {
    const pool = new WorkerPool({ workers: 1, queue: 5 });
    for (let arrival = 0; arrival < 4; arrival++) void pool.take();

    pool.resize({ workers: 3, queue: 5 });

    expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({ busy: 3, queueLength: 1 });
  });

  it('admits no request until it is down to its smaller size', () => {
    const pool = new WorkerPool({ workers: 2, queue: 1 });
    for (let arrival = 0; arrival < 3; arrival++) void pool.take();

    pool.resize({ workers: 1, queue: 0 });
    pool.giveBack();

    expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({ busy: 1, queueLength: 1 });
    expect(pool.take()).toBeUndefined();
  });
});

const never = new AbortController().signal;

/** Work that ends on demand. */
function work() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const start = vi.fn((signal: AbortSignal) => {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    return Promise.race([promise, aborted]);
  });
  return { start, finish: () => resolve('done') };
}

function capacityOf(setting: Parameters<Capacity['set']>[0]) {
  const count = vi.fn();
  const capacity = new Capacity(count);
  capacity.set(setting);
  const hold = (signal: AbortSignal, work: (signal: AbortSignal) => Promise<unknown>) =>
    capacity.apply({ reply: {} as never, signal }, ({ signal }) => work(signal));
  return { capacity, hold, count };
}

describe('Capacity', () => {
  it('responds with 503 when the queue is full', async () => {
    const { capacity, hold, count } = capacityOf({ workers: 1, queue: 1, abandonedWork: 'kept' });
    const first = work();
    const working = [first, work()].map(({ start }) => hold(never, start));
    working[1]?.catch(() => {});

    const refused = hold(never, work().start);

    await expect(refused).rejects.toBeInstanceOf(ProblemException);
    await expect(refused).rejects.toMatchObject({
      problem: { type: 'urn:breakwater:problem:capacity-exceeded', status: 503 },
    });
    expect(count).toHaveBeenCalledTimes(1);
    expect(capacity.report).toEqual({ workers: 1, busy: 1, queueLength: 1 });
  });

  it('frees the worker when work fails', async () => {
    const { capacity, hold } = capacityOf({ workers: 1, queue: 1, abandonedWork: 'kept' });
    const failing = hold(never, () => Promise.reject(new Error('away')));
    const next = hold(never, async () => 'next');

    await expect(failing).rejects.toThrow('away');
    await expect(next).resolves.toBe('next');
    await setImmediate();
    expect(capacity.report).toEqual({ workers: 1, busy: 0, queueLength: 0 });
  });

  it.each([
    { abandonedWork: 'kept', startsLater: true, busyAtOnce: 1 },
    { abandonedWork: 'dropped', startsLater: false, busyAtOnce: 0 },
  ] as const)(
    'rejects at once when the client disconnects, with abandoned work $abandonedWork',
    async ({ abandonedWork, startsLater, busyAtOnce }) => {
      const { capacity, hold } = capacityOf({ workers: 1, queue: 1, abandonedWork });
      const [served, queued] = [work(), work()];
      const client = new AbortController();
      const results = [served, queued].map(({ start }) => hold(client.signal, start));
      await setImmediate();

      client.abort(new Error('gone'));

      for (const result of results) await expect(result).rejects.toThrow('gone');
      expect(capacity.report).toMatchObject({ busy: busyAtOnce, queueLength: busyAtOnce });
      served.finish();
      await setImmediate();
      expect(queued.start.mock.calls.length).toBe(startsLater ? 1 : 0);
      queued.finish();
      await setImmediate();
      expect(capacity.report).toMatchObject({ busy: 0, queueLength: 0 });
    },
  );

  it('serves the whole queue when the limit is removed', async () => {
    const { capacity, hold } = capacityOf({ workers: 1, queue: 2, abandonedWork: 'kept' });
    const all = [work(), work(), work()];
    const results = all.map(({ start }) => hold(never, start));

    capacity.set(null);
    for (const { finish } of all) finish();

    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
    expect(capacity.report).toBeUndefined();
  });

  it('takes longer with more requests', async () => {
    const clock = new PacedClock();
    const { hold } = capacityOf({ workers: 2, queue: 100, abandonedWork: 'kept' });
    const ended: number[] = [];
    for (let arrival = 0; arrival < 6; arrival++) {
      void hold(never, (signal) => wait(clock, 100, signal)).then(() => ended.push(clock.now()));
    }

    await clock.advance(1_000);

    expect(ended).toEqual([100, 100, 200, 200, 300, 300]);
  });
});
