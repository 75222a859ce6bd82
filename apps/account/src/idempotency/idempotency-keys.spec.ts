import { FakeClock } from '@breakwater/resilience/testing';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IdempotencyKeyPurge } from './idempotency-keys.ts';

/** A running purge of keys that `deleteExpired` deletes. */
function purgeOf(deleteExpired: (limit: number) => Promise<number>) {
  const clock = new FakeClock();
  const deleting = vi.fn(deleteExpired);
  const purge = new IdempotencyKeyPurge({ deleteExpired: deleting }, clock);
  purge.onApplicationBootstrap();
  /** Advances the clock by a minute and lets the purge finish. */
  const minute = async (): Promise<void> => {
    clock.advance(60_000);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  };
  return { clock, purge, deleting, minute };
}

describe('IdempotencyKeyPurge', () => {
  afterEach(() => vi.restoreAllMocks());

  it('deletes expired keys once a minute', async () => {
    const { clock, deleting, minute } = purgeOf(async () => 3);

    clock.advance(59_999);
    expect(deleting).not.toHaveBeenCalled();
    await minute();
    await minute();

    expect(deleting.mock.calls).toEqual([[1_000], [1_000]]);
  });

  it('continues until a batch is not full', async () => {
    const batches = [1_000, 1_000, 7];
    const { deleting, minute } = purgeOf(async () => batches.shift() ?? 0);

    await minute();

    expect(deleting).toHaveBeenCalledTimes(3);
  });

  it('starts no purge while another is running', async () => {
    const { deleting, minute } = purgeOf(() => new Promise(() => {}));

    await minute();
    await minute();

    expect(deleting).toHaveBeenCalledTimes(1);
  });

  it('logs once when it starts to fail and once when it works again', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    let isUnavailable = true;
    const { deleting, minute } = purgeOf(async () => {
      if (isUnavailable) throw new Error('unavailable');
      return 0;
    });

    await minute();
    await minute();
    isUnavailable = false;
    await minute();
    await minute();

    expect(deleting).toHaveBeenCalledTimes(4);
    const err: unknown = expect.any(Error);
    expect(warn).toHaveBeenCalledExactlyOnceWith({ err }, 'expired idempotency keys cannot be deleted');
    expect(log).toHaveBeenCalledExactlyOnceWith('expired idempotency keys are deleted again');
  });

  it('stops with the application', async () => {
    const { clock, purge, deleting, minute } = purgeOf(async () => 0);

    purge.onModuleDestroy();
    await minute();

    expect(deleting).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  it('starts no other batch and logs nothing once the application stops', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const { clock, purge, deleting, minute } = purgeOf(async () => {
      purge.onModuleDestroy();
      throw new Error('the pool is closed');
    });

    await minute();

    expect(deleting).toHaveBeenCalledTimes(1);
    expect(warn).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });
});
