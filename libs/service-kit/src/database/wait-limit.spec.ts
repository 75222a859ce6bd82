import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { WaitLimit } from './wait-limit.ts';

describe('the limit of waits', () => {
  it('accepts a response that arrived while the process was paused beyond the limit', async () => {
    const limit = new WaitLimit(10);

    const response = limit.apply(() => stat('.'));
    // The operating system responds meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);

    expect((await response).isDirectory()).toBe(true);
  });

  it('does not pass a response on as late that the caller received', async () => {
    const limit = new WaitLimit(10);
    const late: string[] = [];

    // Both timers are due after the pause: that of the limit runs first, and the response still counts.
    const response = limit.apply(
      () => new Promise<string>((resolve) => setTimeout(() => resolve('in time'), 10)),
      (result) => late.push(result),
    );
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);

    expect(await response).toBe('in time');
    await new Promise((resolve) => setImmediate(resolve));
    expect(late).toEqual([]);
  });

  it('ends a wait without a response, and passes a later one on', async () => {
    const limit = new WaitLimit(10);
    const { promise: work, resolve } = Promise.withResolvers<string>();
    const { promise: late, resolve: onLate } = Promise.withResolvers<string>();

    await expect(limit.apply(() => work, onLate)).rejects.toThrow('it did not respond within the 10 ms that were left');
    resolve('late');

    expect(await late).toBe('late');
  });
});
