import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { Deadline, DeadlineExceededError, deadlineHeader, deadlineHeaders, readDeadline } from './deadline.ts';
import { RejectedError } from './errors.ts';
import { toCallContext } from './policy.ts';

describe('A deadline', () => {
  it('has ever less time left, but never less than none', () => {
    const clock = new FakeClock(1_000);
    const deadline = Deadline.after('2s', clock);

    expect(deadline.endsAt).toBe(3_000);
    expect(deadline.remainingMs).toBe(2_000);
    clock.advance(1_500);
    expect(deadline.remainingMs).toBe(500);
    clock.advance(501);
    expect(deadline.remainingMs).toBe(0);
  });

  it('calls a listener once when it passes, unless that is cancelled', () => {
    const clock = new FakeClock();
    const deadline = Deadline.after('2s', clock);
    const listener = vi.fn();
    const cancelled = vi.fn();
    deadline.whenPassed(listener);
    deadline.whenPassed(cancelled)();

    clock.advance(1_999);
    expect(listener).not.toHaveBeenCalled();
    clock.advance(1);
    clock.advance(5_000);

    expect(listener).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('can be the earliest of several', () => {
    const clock = new FakeClock();
    const [one, two] = [Deadline.after('1s', clock), Deadline.after('2s', clock)];

    expect(Deadline.earliest(two, undefined, one)).toBe(one);
    expect(Deadline.earliest(one, two)).toBe(one);
    expect(Deadline.earliest(undefined)).toBeUndefined();
  });

  it.each(['soon', -1, Number.NaN])('cannot be %s away', (budget) => {
    expect(() => Deadline.after(budget)).toThrow(RangeError);
  });

  it('is passed on with the context of a call', () => {
    const deadline = Deadline.after(100, new FakeClock());

    expect(toCallContext({ deadline }).deadline).toBe(deadline);
    expect(toCallContext(toCallContext({ deadline })).deadline).toBe(deadline);
    expect(toCallContext({ attempt: 2 }).deadline).toBeUndefined();
  });
});

describe('DeadlineExceededError', () => {
  it('is a refusal without a time to retry after', () => {
    const refusal = new DeadlineExceededError("TimeLimiter 'customer'");

    expect(refusal).toBeInstanceOf(RejectedError);
    expect(refusal).toMatchObject({
      name: 'DeadlineExceededError',
      code: 'DEADLINE_EXCEEDED',
      retryAfterMs: undefined,
      message:
        "TimeLimiter 'customer': the caller's deadline has passed. " +
        'Give the request more time, or do less before this call.',
    });
  });
});

describe('The header of a deadline', () => {
  it('carries the remaining whole milliseconds, rounded down', () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(850.9, clock);

    expect(deadlineHeaders(deadline)).toStrictEqual({ [deadlineHeader]: '850' });
    clock.advance(850.5);
    expect(deadlineHeaders(deadline)).toStrictEqual({ [deadlineHeader]: '0' });
  });

  it('is left out when there is no deadline', () => {
    expect(deadlineHeaders(undefined)).toStrictEqual({});
  });

  it('has at most ten digits', () => {
    expect(deadlineHeaders(Deadline.after('200d', new FakeClock()))).toStrictEqual({ [deadlineHeader]: '9999999999' });
  });

  it('is read as a deadline on the clock of the reader, less a network allowance', () => {
    const clock = new FakeClock();

    expect(readDeadline('850', { clock })?.remainingMs).toBe(845);
    expect(readDeadline('850', { clock, networkAllowance: '50ms' })?.remainingMs).toBe(800);
    expect(readDeadline('850', { clock, networkAllowance: 0 })?.remainingMs).toBe(850);
  });

  it('is in real time where the clock runs faster', () => {
    const clock = Object.assign(new FakeClock(), { speed: 5 });

    expect(readDeadline('1005', { clock })?.remainingMs).toBe(5_000);
    expect(deadlineHeaders(Deadline.after('3s', clock))).toStrictEqual({ [deadlineHeader]: '600' });
  });

  it('leaves no time when the allowance takes all of it', () => {
    expect(readDeadline('3', { clock: new FakeClock() })?.remainingMs).toBe(0);
    expect(readDeadline('0', { clock: new FakeClock() })?.remainingMs).toBe(0);
  });

  it.each([
    undefined,
    '',
    'soon',
    '-5',
    '1.5',
    '1e3',
    '0x10',
    '500ms',
    '12345678901',
    '500, 300',
    '٥٠٠',
    ['500', '300'],
  ])('counts as absent when it is %j', (header) => {
    expect(readDeadline(header, { clock: new FakeClock() })).toBeUndefined();
  });

  it('rejects an allowance that is not a duration', () => {
    expect(() => readDeadline('500', { networkAllowance: 'a little' })).toThrow(RangeError);
  });
});
