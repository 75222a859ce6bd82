import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { PendingMigrationsError } from './start-failure.ts';
import { whenDatabaseServes } from './start-wait.ts';

const unavailable = new DatabaseUnavailableError(new Error('connect ECONNREFUSED'));
const pending = new PendingMigrationsError('harbour', ['0001-berths']);
const denied = Object.assign(new Error('permission denied for schema harbour'), { code: '42501' });

/** A start that fails with these errors, one after the other, on a clock that only the pauses advance. */
async function start(errors: readonly unknown[], timeoutMs: number) {
  const left = [...errors];
  const reported: unknown[] = [];
  let now = 0;
  const result = await whenDatabaseServes(
    () => {
      const error = left.shift();
      return error === undefined ? Promise.resolve('started') : Promise.reject(error);
    },
    {
      timeoutMs,
      onWaiting: (error) => reported.push(error),
      time: { now: () => now, sleep: async (ms) => (now += ms) },
    },
  ).catch((error: unknown) => error);
  return { result, reported, tookMs: now };
}

describe('whenDatabaseServes', () => {
  it('waits for the database, its migrations and their privileges, and reports each reason once', async () => {
    const { result, reported } = await start([unavailable, unavailable, denied, pending, pending], 60_000);

    expect(result).toBe('started');
    expect(reported).toEqual([unavailable, denied, pending]);
  });

  it('throws the last error after the timeout', async () => {
    const { result, tookMs } = await start(
      Array.from({ length: 200 }, () => unavailable),
      60_000,
    );

    expect(result).toBe(unavailable);
    expect(tookMs).toBe(60_000);
  });

  it('does not wait with a timeout of 0', async () => {
    const { result, reported } = await start([pending], 0);

    expect(result).toBe(pending);
    expect(reported).toEqual([]);
  });

  it('throws every other error at once', async () => {
    const mistake = new Error('no such column');

    expect(await start([unavailable, mistake, unavailable], 60_000)).toMatchObject({ result: mistake, tookMs: 500 });
  });
});
