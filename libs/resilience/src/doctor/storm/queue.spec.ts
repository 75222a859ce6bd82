import { describe, expect, it } from 'vitest';
import { Queue, type Waiting } from './queue.ts';
import type { QueueDiscipline } from './storm-model.ts';

function queueOf(discipline: QueueDiscipline, now = () => 0) {
  const refused: number[] = [];
  const queue = new Queue<Waiting>(discipline, { now, schedule: () => () => {} }, ({ arrivedAt }) =>
    refused.push(arrivedAt),
  );
  const add = (arrivedAt: number) => {
    const job = { arrivedAt, isAbandoned: false };
    queue.add(job);
    return job;
  };
  return { queue, add, refused, take: () => queue.take()?.arrivedAt };
}

describe('Queue', () => {
  it('gives the oldest call in FIFO order, and the newest in LIFO order', () => {
    const [fifo, lifo] = [queueOf('fifo'), queueOf('lifo')];
    for (const at of [1, 2, 3]) {
      fifo.add(at);
      lifo.add(at);
    }

    expect([fifo.take(), fifo.take(), fifo.take(), fifo.take()]).toEqual([1, 2, 3, undefined]);
    expect([lifo.take(), lifo.take(), lifo.take(), lifo.take()]).toEqual([3, 2, 1, undefined]);
  });

  it('does not give a call that was abandoned, and does not count it', () => {
    const { queue, add, take } = queueOf('fifo');
    const first = add(1);
    add(2);
    first.isAbandoned = true;
    queue.abandon();

    expect(queue.length).toBe(1);
    expect(take()).toBe(2);
    expect(queue.length).toBe(0);
  });

  it('stays the same when many calls have passed', () => {
    const { queue, add, take } = queueOf('fifo');
    for (let at = 0; at < 5_000; at++) {
      add(at);
      add(at);
      expect(take()).toBe(Math.floor(at / 2));
    }
    expect(queue.length).toBe(5_000);
  });

  it('refuses calls by CoDel once each has waited more than 5 ms for 100 ms, at growing rates', () => {
    let now = 0;
    const { add, refused, take } = queueOf('codel', () => now);
    for (let at = 0; at < 1_000; at++) add(at);
    const refusedBy = (until: number) => {
      for (; now < until; now += 10) take();
      return refused.length;
    };
    now = 100;

    expect(refusedBy(200)).toBe(0);
    expect(refusedBy(300)).toBe(1);
    const second = refusedBy(1_000) - 1;
    expect(refusedBy(1_700) - 1 - second).toBeGreaterThan(second);
  });

  it('refuses nothing by CoDel while calls wait shortly', () => {
    let now = 0;
    const { add, refused, take } = queueOf('codel', () => now);
    for (; now < 1_000; now += 10) {
      add(now - 4);
      take();
    }

    expect(refused).toEqual([]);
  });
});
