import { judgeCourse } from '@breakwater/resilience/doctor';
import { describe, expect, it } from 'vitest';
import type { ClientRequest, ServiceSample } from '../runner/run-record.ts';
import { requestsBetween, servicesAt } from '../runner/testing/sample-run.ts';
import { courseOf } from './course.ts';

const seconds = { before: 5, trigger: 5, after: 60 };
const fromMs = 12_000;
const [triggerMs, endMs] = [fromMs + 5_000, fromMs + 70_000];

/** A sample each second: so many calls wait then, and ten calls a second were received. */
const samples = (waitingAt: (second: number) => number): ServiceSample[] =>
  Array.from({ length: 84 }, (_, second) =>
    servicesAt(second * 1_000, second * 10, {
      waitingCalls: { 'customer-1': waitingAt(second), 'customer-2': 0 },
    }),
  );

const verdictOf = (requests: readonly ClientRequest[], services: readonly ServiceSample[]) => {
  const course = courseOf(requests, services, fromMs, seconds);
  return judgeCourse(course, course.arrivals.length);
};

const accepted = { status: 202, verifiedBy: undefined as never };

describe('courseOf', () => {
  it('counts arrivals by second without the warm-up, and those that customer verified', () => {
    const requests = [
      ...requestsBetween(0, triggerMs),
      ...requestsBetween(triggerMs, triggerMs + 1_000, accepted),
      ...requestsBetween(triggerMs + 1_000, triggerMs + 2_000, { verifiedBy: 'LAST_GOOD' }),
      ...requestsBetween(triggerMs + 2_000, endMs + 3_000),
    ];

    const course = courseOf(
      requests,
      samples(() => 0),
      fromMs,
      seconds,
    );

    expect(course.warmUp).toBe(5);
    expect(course.trigger).toBe(5);
    expect(course.arrivals).toEqual(Array.from({ length: 70 }, () => 10));
    expect(course.verified.slice(4, 8)).toEqual([10, 0, 0, 10]);
  });

  it('takes the calls that customer received in a second, and those that wait at its end, from the samples around it', () => {
    const services = [
      servicesAt(fromMs - 500, 100),
      servicesAt(fromMs + 500, 120, { waitingCalls: { 'customer-1': 2, 'customer-2': 4 } }),
      servicesAt(fromMs + 1_500, 160, { waitingCalls: { 'customer-1': 4, 'customer-2': 10 } }),
    ];

    const { attempts, backlog } = courseOf([], services, fromMs, { before: 2, trigger: 0, after: 0 });

    // 110 at the start, 140 after the first second, and 160 from the last sample on.
    expect(attempts).toEqual([30, 20]);
    expect(backlog).toEqual([10, 14]);
  });
});

describe('The verdict on a run of the real system', () => {
  it('is that it is unharmed when every request is verified', () => {
    expect(
      verdictOf(
        requestsBetween(0, endMs),
        samples(() => 0),
      ),
    ).toEqual({ kind: 'unharmed' });
  });

  it('is that it stays down when requests are only accepted until the end, and the queue does not shrink', () => {
    const requests = [...requestsBetween(0, triggerMs), ...requestsBetween(triggerMs, endMs, accepted)];

    expect(
      verdictOf(
        requests,
        samples((second) => Math.min(2_000, second * 50)),
      ),
    ).toEqual({ kind: 'staysDown' });
  });

  it('is that it recovers when they are verified again', () => {
    const requests = [
      ...requestsBetween(0, triggerMs),
      ...requestsBetween(triggerMs, triggerMs + 20_000, accepted),
      ...requestsBetween(triggerMs + 20_000, endMs),
    ];

    expect(
      verdictOf(
        requests,
        samples(() => 0),
      ),
    ).toEqual({
      kind: 'recovers',
      afterSeconds: 15,
      isExtrapolated: false,
    });
  });

  it('is that it recovers later when the queue shrinks until the end', () => {
    const requests = [...requestsBetween(0, triggerMs), ...requestsBetween(triggerMs, endMs, accepted)];

    expect(
      verdictOf(
        requests,
        samples((second) => 1_000 - second * 10),
      ),
    ).toMatchObject({
      kind: 'recovers',
      isExtrapolated: true,
    });
  });
});
