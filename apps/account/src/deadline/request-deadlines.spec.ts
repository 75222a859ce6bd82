import { DeadlinePassedError, runInRequestContext } from '@breakwater/service-kit';
import { FakeClock } from '@breakwater/resilience/testing';
import { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it, vi } from 'vitest';
import { RequestDeadlines } from './request-deadlines.ts';

function setUp(timeScale = 1) {
  const options = { timeoutMs: 10_000, clock: new FakeClock(), timeScale };
  return new RequestDeadlines(new HttpAdapterHost(), options);
}

/** A request that came two seconds ago, and what is left of its deadline, by a clock that does not run. */
function remainingGiven(callersMs: number | undefined, timeScale?: number): number | undefined {
  const now = performance.now();
  const endsAt = callersMs === undefined ? undefined : now + callersMs;
  return runInRequestContext(
    { requestId: 'a', startedAt: now - 2_000, endsAt },
    () => setUp(timeScale).current()?.remainingMs,
  );
}

describe('RequestDeadlines', () => {
  it('give a request the time that is configured, from when it came', () => {
    const remainingMs = remainingGiven(undefined);

    expect(remainingMs).toBeGreaterThan(7_000);
    expect(remainingMs).toBeLessThanOrEqual(8_000);
  });

  it('give it less where the caller waits less long, and not more', () => {
    const remainingMs = remainingGiven(5_000);

    expect(remainingMs).toBeGreaterThan(4_000);
    expect(remainingMs).toBeLessThanOrEqual(5_000);
    expect(remainingGiven(60_000)).toBeLessThanOrEqual(8_000);
  });

  it('count all of it by the clock of the policies', () => {
    expect(remainingGiven(undefined, 5)).toBe(0);
    const remainingMs = remainingGiven(100, 4);

    expect(remainingMs).toBeGreaterThan(300);
    expect(remainingMs).toBeLessThanOrEqual(400);
  });

  it('give none to what is done for no request', () => {
    expect(setUp().current()).toBeUndefined();
  });

  it.each([
    [-1, new DeadlinePassedError()],
    [60_000, undefined],
    [undefined, undefined],
  ])('do not begin what nobody waits for any more (%s ms left)', (callersMs, told) => {
    const begun = vi.fn();
    const endsAt = callersMs === undefined ? undefined : performance.now() + callersMs;

    runInRequestContext({ requestId: 'a', endsAt }, () => setUp().begin(begun));

    expect(begun).toHaveBeenCalledExactlyOnceWith(told);
  });
});
