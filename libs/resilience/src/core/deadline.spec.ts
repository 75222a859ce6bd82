import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { systemClock } from './clock.ts';
import { Deadline, DeadlineExceededError, deadlineHeader, deadlineHeaders, readDeadline } from './deadline.ts';
import { RejectedError } from './errors.ts';
import { toCallContext } from './policy.ts';

describe('Deadline', () => {
  it('has less time left as the clock advances, down to 0', () => {
    const clock = new FakeClock(1_000);
    const deadline = Deadline.after('2s', clock);

    expect(deadline.endsAt).toBe(3_000);
    expect(deadline.remainingMs).toBe(2_000);
    clock.advance(1_500);
    expect(deadline.remainingMs).toBe(500);
    clock.advance(501);
    expect(deadline.remainingMs).toBe(0);
  });

  it('calls a listener of whenPassed once, unless it is cancelled', () => {
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

  it('finds the earliest of several deadlines', () => {
    const clock = new FakeClock();
    const [one, two] = [Deadline.after('1s', clock), Deadline.after('2s', clock)];

    expect(Deadline.earliest(two, undefined, one)).toBe(one);
    expect(Deadline.earliest(one, two)).toBe(one);
    expect(Deadline.earliest(undefined)).toBeUndefined();
    expect(Deadline.earliest(one, Deadline.after('1s', clock))).toBe(one);
  });

  it.each(['soon', -1, Number.NaN])('rejects the budget %s', (budget) => {
    expect(() => Deadline.after(budget)).toThrow(RangeError);
    expect(() => Deadline.after(budget)).toThrow(/^budget must be a duration of at least 0 /);
  });

  it('runs on real time by default', () => {
    for (const deadline of [Deadline.after('1h'), new Deadline(systemClock.now() + 3_600_000)]) {
      expect(deadline.remainingMs).toBeGreaterThan(3_500_000);
      expect(deadline.remainingMs).toBeLessThanOrEqual(3_600_000);
    }
    expect(readDeadline('3600000')?.remainingMs).toBeGreaterThan(3_500_000);
  });

  it('is kept in the context of a call', () => {
    const deadline = Deadline.after(100, new FakeClock());

    expect(toCallContext({ deadline }).deadline).toBe(deadline);
    expect(toCallContext(toCallContext({ deadline })).deadline).toBe(deadline);
    expect(toCallContext({ attempt: 2 }).deadline).toBeUndefined();
  });
});

describe('DeadlineExceededError', () => {
  it('is a RejectedError without retryAfterMs', () => {
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

describe('The deadline header', () => {
  it('carries the remaining whole milliseconds, rounded down', () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(850.9, clock);

    expect(deadlineHeaders(deadline)).toStrictEqual({ 'x-request-timeout-ms': '850' });
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

  it('contains real time when the clock has a speed other than 1', () => {
    const clock = Object.assign(new FakeClock(), { speed: 5 });

    expect(readDeadline('1005', { clock })?.remainingMs).toBe(5_000);
    expect(deadlineHeaders(Deadline.after('3s', clock))).toStrictEqual({ [deadlineHeader]: '600' });
  });

  it('leaves no time when it is shorter than the network allowance', () => {
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
    ['500'],
  ])('is ignored when it is %j', (header) => {
    expect(readDeadline(header, { clock: new FakeClock() })).toBeUndefined();
  });

  it('rejects an allowance that is not a duration', () => {
    expect(() => readDeadline('500', { networkAllowance: 'a little' })).toThrow(RangeError);
    expect(() => readDeadline('500', { networkAllowance: -1 })).toThrow(/^networkAllowance must be a duration/);
  });
});
