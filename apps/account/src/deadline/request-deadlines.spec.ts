import { DeadlinePassedError, runInRequestContext } from '@breakwater/chassis';
import { currentCallContext } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { RequestDeadlines } from './request-deadlines.ts';

/** What is left of a request's deadline, by a clock that does not run, as seen from what is done for it. */
function remainingGiven(callersMs: number | undefined, timeScale = 1): Promise<number | undefined> {
  const options = { timeoutMs: 10_000, clock: new FakeClock(), timeScale };
  const deadlines = new RequestDeadlines(new HttpAdapterHost(), options);
  const endsAt = callersMs === undefined ? undefined : performance.now() + callersMs;
  const seen = async (): Promise<number | undefined> => {
    // Whatever it waits for, its deadline is still there.
    await Promise.resolve();
    return currentCallContext().deadline?.remainingMs;
  };
  return new Promise((resolve, reject) => {
    runInRequestContext({ requestId: 'a', endsAt }, () =>
      deadlines.begin((error) => (error ? reject(error) : resolve(seen()))),
    );
  });
}

describe('RequestDeadlines', () => {
  it('gives a request the time that is configured', async () => {
    await expect(remainingGiven(undefined)).resolves.toBe(10_000);
  });

  it('gives it less where the caller waits less long, and not more', async () => {
    const remainingMs = await remainingGiven(5_000);

    expect(remainingMs).toBeGreaterThan(4_000);
    expect(remainingMs).toBeLessThanOrEqual(5_000);
    await expect(remainingGiven(60_000)).resolves.toBe(10_000);
  });

  it('counts the caller’s time by the clock of the policies', async () => {
    const remainingMs = await remainingGiven(1_000, 5);

    expect(remainingMs).toBeGreaterThan(4_000);
    expect(remainingMs).toBeLessThanOrEqual(5_000);
  });

  it('does not begin what nobody waits for any more', async () => {
    await expect(remainingGiven(-1)).rejects.toThrow(DeadlinePassedError);
  });
});
