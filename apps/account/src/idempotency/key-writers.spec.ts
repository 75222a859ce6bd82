import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyInUseException, KeyWriters } from './key-writers.ts';

describe('KeyWriters', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // The process has run for a while.
    vi.advanceTimersByTime(60_000);
  });
  afterEach(() => void vi.useRealTimers());

  /** A write that ends when the test says so. */
  const heldWrite = () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    return { write: vi.fn(() => promise), resolve, reject };
  };

  it('runs the writes of one key one after the other, and those of other keys at once', async () => {
    const writers = new KeyWriters();
    const [first, second, other] = [heldWrite(), heldWrite(), heldWrite()];

    const running = [writers.run('a', first.write), writers.run('a', second.write), writers.run('b', other.write)];
    await vi.advanceTimersByTimeAsync(0);
    const startedAtOnce = [first, second, other].map(({ write }) => write.mock.calls.length);
    first.resolve('first');
    await vi.advanceTimersByTimeAsync(0);
    const startedThen = second.write.mock.calls.length;
    second.resolve('second');
    other.resolve('other');

    expect(await Promise.all(running)).toEqual(['first', 'second', 'other']);
    expect(startedAtOnce).toEqual([1, 0, 1]);
    expect(startedThen).toBe(1);
  });

  it('throws after a second, without writing, while the request before still runs', async () => {
    const writers = new KeyWriters();
    const [first, second] = [heldWrite(), heldWrite()];
    void writers.run('a', first.write);

    const waiting = Promise.allSettled([writers.run('a', second.write)]);
    await vi.advanceTimersByTimeAsync(1_000);

    expect(await waiting).toMatchObject([{ reason: expect.any(KeyInUseException) as unknown }]);
    expect(second.write).not.toHaveBeenCalled();
  });

  it('gives all that wait the 409 of the first one', async () => {
    const writers = new KeyWriters();
    const held = heldWrite();
    const next = vi.fn(async () => 'written');

    const running = Promise.allSettled([
      writers.run('a', held.write),
      ...Array.from({ length: 19 }, () => writers.run('a', next)),
    ]);
    held.reject(new KeyInUseException('a'));

    for (const result of await running)
      expect(result).toMatchObject({ reason: expect.any(KeyInUseException) as unknown });
    expect(next).not.toHaveBeenCalled();
    expect(await writers.run('a', next)).toBe('written');
  });

  it('leaves a write what remains of the second, which also repetitions of the write share', async () => {
    const writers = new KeyWriters();
    const held = heldWrite();
    const waits: number[] = [];

    const first = writers.run('a', (remaining) => {
      waits.push(remaining());
      return held.write();
    });
    const second = writers.run('a', async (remaining) => {
      waits.push(remaining());
      await vi.advanceTimersByTimeAsync(250);
      waits.push(remaining());
      await vi.advanceTimersByTimeAsync(5_000);
      waits.push(remaining());
    });
    await vi.advanceTimersByTimeAsync(600);
    held.resolve('first');
    await Promise.all([first, second]);

    expect(waits).toEqual([1_000, 400, 150, 0]);
  });

  it('writes after the request before has failed for another reason', async () => {
    const writers = new KeyWriters();
    const held = heldWrite();

    const first = Promise.allSettled([writers.run('a', held.write)]);
    const second = writers.run('a', async () => 'written');
    held.reject(new Error('no connection'));

    expect(await first).toMatchObject([{ status: 'rejected', reason: { message: 'no connection' } }]);
    expect(await second).toBe('written');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a third request wait for the second one, although the first has ended', async () => {
    const writers = new KeyWriters();
    const [first, second, third] = [heldWrite(), heldWrite(), heldWrite()];
    void writers.run('a', first.write);
    void writers.run('a', second.write);

    first.resolve('first');
    await vi.advanceTimersByTimeAsync(0);
    void writers.run('a', third.write);
    await vi.advanceTimersByTimeAsync(0);

    expect(second.write).toHaveBeenCalledTimes(1);
    expect(third.write).not.toHaveBeenCalled();
  });
});
