import { ProblemException } from '@breakwater/service-kit';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Capacity } from './capacity.ts';
import { PacedClock } from './testing/paced-clock.ts';
import { wait } from './wait.ts';

const never = new AbortController().signal;

/** Work that is done when it is told to be. */
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
  const struck = vi.fn();
  const capacity = new Capacity(struck);
  capacity.set(setting);
  return { capacity, struck };
}

describe('Capacity', () => {
  it('refuses who finds the queue full, with 503', async () => {
    const { capacity, struck } = capacityOf({ workers: 1, queue: 1, abandonedWork: 'kept' });
    const first = work();
    const working = [first, work()].map(({ start }) => capacity.hold(never, start));
    working[1]?.catch(() => {});

    const refused = capacity.hold(never, work().start);

    await expect(refused).rejects.toBeInstanceOf(ProblemException);
    await expect(refused).rejects.toMatchObject({
      problem: { type: 'urn:breakwater:problem:capacity-exceeded', status: 503 },
    });
    expect(struck).toHaveBeenCalledTimes(1);
    expect(capacity.report).toEqual({ workers: 1, busy: 1, queueLength: 1 });
  });

  it('gives the worker of work that failed to the next', async () => {
    const { capacity } = capacityOf({ workers: 1, queue: 1, abandonedWork: 'kept' });
    const failing = capacity.hold(never, () => Promise.reject(new Error('away')));
    const next = capacity.hold(never, async () => 'next');

    await expect(failing).rejects.toThrow('away');
    await expect(next).resolves.toBe('next');
    await setImmediate();
    expect(capacity.report).toEqual({ workers: 1, busy: 0, queueLength: 0 });
  });

  it.each([
    { abandonedWork: 'kept', startsLater: true, busyAtOnce: 1 },
    { abandonedWork: 'dropped', startsLater: false, busyAtOnce: 0 },
  ] as const)(
    'has abandoned work $abandonedWork, where the client is told at once',
    async ({ abandonedWork, startsLater, busyAtOnce }) => {
      const { capacity } = capacityOf({ workers: 1, queue: 1, abandonedWork });
      const [served, queued] = [work(), work()];
      const client = new AbortController();
      const answers = [served, queued].map(({ start }) => capacity.hold(client.signal, start));
      await setImmediate();

      client.abort(new Error('gone'));

      for (const answer of answers) await expect(answer).rejects.toThrow('gone');
      expect(capacity.report).toMatchObject({ busy: busyAtOnce, queueLength: busyAtOnce });
      served.finish();
      await setImmediate();
      expect(queued.start.mock.calls.length).toBe(startsLater ? 1 : 0);
      queued.finish();
      await setImmediate();
      expect(capacity.report).toMatchObject({ busy: 0, queueLength: 0 });
    },
  );

  it('serves all who wait when there is no limit any more', async () => {
    const { capacity } = capacityOf({ workers: 1, queue: 2, abandonedWork: 'kept' });
    const all = [work(), work(), work()];
    const answers = all.map(({ start }) => capacity.hold(never, start));

    capacity.set(null);
    for (const { finish } of all) finish();

    expect(await Promise.all(answers)).toEqual(['done', 'done', 'done']);
    expect(capacity.report).toBeUndefined();
  });

  it('answers the later the more there are who ask', async () => {
    const clock = new PacedClock();
    const { capacity } = capacityOf({ workers: 2, queue: 100, abandonedWork: 'kept' });
    const ended: number[] = [];
    for (let arrival = 0; arrival < 6; arrival++) {
      void capacity.hold(never, (signal) => wait(clock, 100, signal)).then(() => ended.push(clock.now()));
    }

    await clock.advance(1_000);

    expect(ended).toEqual([100, 100, 200, 200, 300, 300]);
  });
});
