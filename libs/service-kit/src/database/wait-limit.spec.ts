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

  it('ends a wait without a response, and passes a later one on', async () => {
    const limit = new WaitLimit(10);
    const { promise: work, resolve } = Promise.withResolvers<string>();
    const { promise: late, resolve: onLate } = Promise.withResolvers<string>();

    await expect(limit.apply(() => work, onLate)).rejects.toThrow('it did not respond within the 10 ms that were left');
    resolve('late');

    expect(await late).toBe('late');
  });
});
