import { DeadlinePassedError, runInRequestContext } from '@breakwater/chassis';
import { currentCallContext } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import type { ExecutionContext } from '@nestjs/common';
import { defer, firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RequestDeadlineInterceptor } from './request-deadline.interceptor.ts';

/** What is left of a request's deadline, by a clock that does not run, as seen from what is done for it. */
function remainingGiven(callersMs: number | undefined, timeScale = 1): Promise<number | undefined> {
  const interceptor = new RequestDeadlineInterceptor({ timeoutMs: 10_000, clock: new FakeClock(), timeScale });
  const endsAt = callersMs === undefined ? undefined : performance.now() + callersMs;
  const seen = defer(() => of(currentCallContext().deadline?.remainingMs));
  return runInRequestContext({ requestId: 'a', endsAt }, () =>
    firstValueFrom(interceptor.intercept({} as ExecutionContext, { handle: () => seen })),
  ) as Promise<number | undefined>;
}

describe('RequestDeadlineInterceptor', () => {
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

  it('does not begin what nobody waits for any more', () => {
    expect(() => remainingGiven(-1)).toThrow(DeadlinePassedError);
  });
});
