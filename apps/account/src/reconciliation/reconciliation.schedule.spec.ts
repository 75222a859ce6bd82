import { FakeClock } from '@breakwater/resilience/testing';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RoundEnd } from './reconciler.ts';
import { ReconciliationSchedule } from './reconciliation.schedule.ts';

/** Lets pending promises settle. */
const letPromisesSettle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(random = 0.5) {
  const clock = new FakeClock();
  const runRound = vi.fn<(shutdown: AbortSignal) => Promise<RoundEnd>>(async () => 'done');
  const schedule = new ReconciliationSchedule({ runRound }, { intervalMs: 1_000, clock, random: () => random });
  const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const pass = async (durationMs: number): Promise<void> => {
    clock.advance(durationMs);
    await letPromisesSettle();
  };
  return { schedule, runRound, clock, pass, error, log };
}

describe('ReconciliationSchedule', () => {
  it('runs a round every interval, the first one an interval after the start', async () => {
    const { schedule, runRound, pass } = setUp();
    schedule.onApplicationBootstrap();

    await pass(999);
    const early = runRound.mock.calls.length;
    await pass(1);
    await pass(1_000);

    expect({ early, late: runRound.mock.calls.length }).toEqual({ early: 0, late: 2 });
  });

  it.each([
    { random: 0, intervalMs: 800 },
    { random: 0.999_999, intervalMs: 1_200 },
  ])('waits $intervalMs ms with the random number $random', async ({ random, intervalMs }) => {
    const { schedule, runRound, pass } = setUp(random);
    schedule.onApplicationBootstrap();

    await pass(intervalMs - 1);
    expect(runRound).not.toHaveBeenCalled();
    await pass(1);
    expect(runRound).toHaveBeenCalledTimes(1);
  });

  it('starts no round before the last one has ended', async () => {
    const { schedule, runRound, clock, pass } = setUp();
    const { promise, resolve } = Promise.withResolvers<RoundEnd>();
    runRound.mockReturnValueOnce(promise);
    schedule.onApplicationBootstrap();

    await pass(60_000);
    expect(runRound).toHaveBeenCalledTimes(1);
    expect(clock.pendingTimers).toBe(0);
    resolve('done');
    await letPromisesSettle();
    await pass(1_000);
    expect(runRound).toHaveBeenCalledTimes(2);
  });

  it('continues at once while a round leaves more work', async () => {
    const { schedule, runRound, pass } = setUp();
    runRound.mockResolvedValueOnce('more').mockResolvedValueOnce('more');
    schedule.onApplicationBootstrap();

    await pass(1_000);

    expect(runRound).toHaveBeenCalledTimes(3);
  });

  it('survives errors of the database and logs the first error and the recovery', async () => {
    const { schedule, runRound, pass, error, log } = setUp();
    const unavailable = new Error('The database is unavailable.');
    runRound.mockRejectedValueOnce(unavailable).mockRejectedValueOnce(unavailable);
    schedule.onApplicationBootstrap();

    await pass(1_000);
    expect(error).toHaveBeenCalledTimes(1);
    for (let round = 2; round <= 4; round += 1) await pass(1_000);

    expect(runRound).toHaveBeenCalledTimes(4);
    const message = 'reconciliation fails; it is tried again with the next round';
    expect(error).toHaveBeenCalledExactlyOnceWith({ err: unavailable }, message);
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('logs another error during an outage, each error once', async () => {
    const { schedule, runRound, pass, error } = setUp();
    const refused = new Error('connect ECONNREFUSED');
    const missing = new Error('relation "pending_verifications" does not exist');
    for (const each of [refused, missing, refused, missing]) runRound.mockRejectedValueOnce(each);
    schedule.onApplicationBootstrap();

    for (let round = 1; round <= 4; round += 1) await pass(1_000);

    expect(error.mock.calls.map(([fields]) => fields as unknown)).toEqual([{ err: refused }, { err: missing }]);
  });

  it('does not report a recovery for a skipped round, which does not use the database', async () => {
    const { schedule, runRound, pass, error, log } = setUp();
    const unavailable = new Error('The database is unavailable.');
    runRound.mockRejectedValueOnce(unavailable).mockResolvedValueOnce('skipped').mockRejectedValueOnce(unavailable);
    schedule.onApplicationBootstrap();

    for (let round = 1; round <= 3; round += 1) await pass(1_000);

    expect(log).not.toHaveBeenCalled();
    expect(error).toHaveBeenCalledTimes(1);
    await pass(1_000);
    expect(log).toHaveBeenCalledExactlyOnceWith('reconciliation works again');
  });

  it('starts no round once the shutdown has begun', async () => {
    const { schedule, runRound, clock, pass } = setUp();
    schedule.onApplicationBootstrap();

    await schedule.beforeApplicationShutdown();
    expect(clock.pendingTimers).toBe(0);
    await pass(2_000);

    expect(runRound).not.toHaveBeenCalled();
  });

  it('aborts the running round at shutdown, waits for it and starts no other', async () => {
    const { schedule, runRound, clock, pass } = setUp();
    const { promise, resolve } = Promise.withResolvers<RoundEnd>();
    runRound.mockReturnValueOnce(promise);
    schedule.onApplicationBootstrap();
    await pass(1_000);

    let hasEnded = false;
    const ended = schedule.beforeApplicationShutdown().then(() => (hasEnded = true));
    await letPromisesSettle();
    const early = hasEnded;
    resolve('more');
    await ended;

    expect(early).toBe(false);
    expect(runRound.mock.calls[0]?.[0].aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
