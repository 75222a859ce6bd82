import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WorkerPool } from './worker-pool.ts';

type Step = { readonly do: 'arrive' | 'finish' | 'abort'; readonly pick: number };

const steps = fc.array(
  fc.record({ do: fc.constantFrom<Step['do'][]>('arrive', 'arrive', 'finish', 'abort'), pick: fc.nat(50) }),
  { maxLength: 60 },
);

describe('WorkerPool', () => {
  it('never has more busy than there are workers, serves in order, and loses no worker however it goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(6), steps, async (workers, queue, steps) => {
        const pool = new WorkerPool({ workers, queue });
        const busy: number[] = [];
        let waiting: { readonly id: number; readonly controller: AbortController }[] = [];
        // What a queue in its simplest form would have served by now, in this order.
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

  it('serves those who wait when it is given more workers', () => {
    const pool = new WorkerPool({ workers: 1, queue: 5 });
    for (let arrival = 0; arrival < 4; arrival++) void pool.take();

    pool.resize({ workers: 3, queue: 5 });

    expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({ busy: 3, queueLength: 1 });
  });

  it('takes nobody new until it is down to fewer workers', () => {
    const pool = new WorkerPool({ workers: 2, queue: 1 });
    for (let arrival = 0; arrival < 3; arrival++) void pool.take();

    pool.resize({ workers: 1, queue: 0 });
    pool.giveBack();

    expect({ busy: pool.busy, queueLength: pool.queueLength }).toEqual({ busy: 1, queueLength: 1 });
    expect(pool.take()).toBeUndefined();
  });
});
