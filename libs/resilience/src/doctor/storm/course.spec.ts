import { describe, expect, it } from 'vitest';
import { type Course, isDecided, judge } from './course.ts';

/** 10 s before a trigger of 5 s, at 100 calls a second, of which so many are verified in each second. */
function course(verified: readonly number[], backlog: readonly number[] = []): Course {
  const before = Array.from({ length: 10 }, () => 100);
  const all = [...before, ...verified];
  return {
    warmUp: 10,
    trigger: 5,
    arrivals: all.map(() => 100),
    verified: all,
    attempts: all,
    backlog: all.map((_, second) => backlog[second - 10] ?? 0),
  };
}

const seconds = (count: number, value: number | ((second: number) => number)) =>
  Array.from({ length: count }, (_, second) => (typeof value === 'number' ? value : value(second)));

const verdictOn = (of: Course) => judge(of, of.arrivals.length);

describe('judge', () => {
  it('is unharmed while goodput is at least 90 % of what it was', () => {
    expect(verdictOn(course(seconds(60, 91)))).toEqual({ kind: 'unharmed' });
  });

  it('recovers in the first second from which on goodput is back', () => {
    const verdict = verdictOn(course([...seconds(12, 0), ...seconds(60, 100)]));

    expect(verdict).toEqual({ kind: 'recovers', afterSeconds: 7, isExtrapolated: false });
  });

  it('stays down below 90 % until the end with a backlog that does not shrink', () => {
    expect(verdictOn(course(seconds(125, 80), seconds(125, 4_000)))).toEqual({ kind: 'staysDown' });
    expect(
      verdictOn(
        course(
          seconds(125, 80),
          seconds(125, (s) => 10 * s),
        ),
      ),
    ).toEqual({ kind: 'staysDown' });
    expect(
      verdictOn(
        course(
          seconds(125, 80),
          seconds(125, (s) => 4_000 + (s % 7)),
        ),
      ),
    ).toEqual({ kind: 'staysDown' });
  });

  it('recovers with an extrapolated time when the backlog shrinks slowly but certainly', () => {
    // 3,800 calls at the end of the trigger, of which 20 a second are drained: 190 s.
    const verdict = verdictOn(
      course(
        seconds(125, 0),
        seconds(125, (s) => 3_800 - 20 * (s + 1 - 5)),
      ),
    );

    expect(verdict).toMatchObject({ kind: 'recovers', isExtrapolated: true });
    expect(verdict).toHaveProperty('afterSeconds', expect.closeTo(190, -1));
  });

  it('is overloaded if less than 90 % of the calls are verified without a trigger', () => {
    const of = course(seconds(20, 80));

    expect(judge({ ...of, verified: of.verified.map(() => 80) }, 30)).toEqual({ kind: 'overloaded' });
  });
});

describe('isDecided', () => {
  const decidedAfter = (of: Course) => of.arrivals.findIndex((_, second) => isDecided(upTo(of, second), second));
  const upTo = (of: Course, second: number): Course => ({ ...of, backlog: of.backlog.slice(0, second) });

  it('decides when goodput has been back for ten seconds', () => {
    // Back from second 10 + 12 on; each value is the mean of three seconds.
    expect(decidedAfter(course([...seconds(12, 0), ...seconds(60, 100)]))).toBe(34);
  });

  it('decides when goodput has been gone for 30 seconds with a backlog that does not shrink', () => {
    expect(decidedAfter(course(seconds(125, 0), seconds(125, 4_000)))).toBe(47);
  });

  it('does not decide while the backlog shrinks', () => {
    expect(
      decidedAfter(
        course(
          seconds(125, 0),
          seconds(125, (s) => 4_000 - 20 * s),
        ),
      ),
    ).toBe(-1);
  });
});
