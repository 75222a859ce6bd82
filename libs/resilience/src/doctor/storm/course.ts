/** What happened, second by second. Arrivals and verified calls belong to the second of the arrival. */
export interface Course {
  /** The seconds before the trigger. */
  readonly warmUp: number;
  /** The seconds of the trigger. */
  readonly trigger: number;
  /** The calls of callers. */
  readonly arrivals: readonly number[];
  /** Those that were verified within the caller's time. */
  readonly verified: readonly number[];
  /** Calls that the dependency received. */
  readonly attempts: readonly number[];
  /** Calls that waited for a worker at the end of the second. */
  readonly backlog: readonly number[];
}

/** What became of the system. See `judge`. */
export type Verdict =
  | { readonly kind: 'unharmed' }
  | {
      readonly kind: 'recovers';
      /** From the end of the trigger until goodput was back. */
      readonly afterSeconds: number;
      /** Whether the time was computed from how fast the backlog shrinks. */
      readonly isExtrapolated: boolean;
    }
  | { readonly kind: 'staysDown' }
  /** Goodput is below 90 % even without a trigger, so that there is nothing to lose. */
  | { readonly kind: 'overloaded' };

/** Goodput is harmed below this share of what it was. */
const harmedBelow = 0.9;
/** Goodput is averaged over so many seconds, so that a single failure at a low rate is no harm. */
const averagedSeconds = 3;
/** The first calls find empty queues and closed circuit breakers. */
const ignoredSeconds = 2;
/** A point ends early when goodput is back for so long, or gone for so long with a backlog that does not shrink. */
const recoveredSeconds = 10;
const lostSeconds = 30;

/**
 * The verdict on a course.
 *
 * - unharmed: goodput, the share of arrivals that are verified in time, never falls below 90 % of what it was.
 * - recovers: it is back at the end, or the backlog shrinks; then the time is extrapolated.
 * - stays down: it is below 90 % until the end, and the backlog does not shrink.
 *
 * @param seconds how many seconds have passed whose calls have all ended
 */
export function judge(course: Course, seconds: number): Verdict {
  const before = goodputBefore(course);
  if (before < harmedBelow) return { kind: 'overloaded' };
  const triggerEnd = course.warmUp + course.trigger;
  const last = seconds - averagedSeconds;
  const harmed = harmedSeconds(course, before, last);
  const lastHarmed = harmed.at(-1);
  if (lastHarmed === undefined) return { kind: 'unharmed' };
  if (lastHarmed < last) {
    return { kind: 'recovers', afterSeconds: Math.max(0, lastHarmed + 1 - triggerEnd), isExtrapolated: false };
  }
  const drained = drainedPerSecond(course.backlog);
  if (drained === 0) return { kind: 'staysDown' };
  const remaining = (course.backlog.at(-1) ?? 0) / drained;
  const afterSeconds = Math.ceil(course.backlog.length - triggerEnd + remaining);
  return { kind: 'recovers', afterSeconds, isExtrapolated: true };
}

/** Whether the verdict can be given before the end of the horizon. */
export function isDecided(course: Course, seconds: number): boolean {
  const before = goodputBefore(course);
  const triggerEnd = course.warmUp + course.trigger;
  if (seconds < course.warmUp) return false;
  if (before < harmedBelow) return true;
  const last = seconds - averagedSeconds;
  const harmed = harmedSeconds(course, before, last).filter((second) => second >= triggerEnd);
  const lastHarmed = harmed.at(-1) ?? triggerEnd - 1;
  if (last - lastHarmed >= recoveredSeconds) return true;
  const isLost = harmed.filter((second) => second > last - lostSeconds).length === lostSeconds;
  const [oldest, , latest] = thirdsOf(course.backlog);
  return isLost && latest >= oldest;
}

/** The share of arrivals that were verified, in the seconds from `from` to before `to`. */
export function goodput({ arrivals, verified }: Course, from: number, to: number): number {
  let [arrived, good] = [0, 0];
  for (let second = from; second < to; second++) {
    arrived += arrivals[second] ?? 0;
    good += verified[second] ?? 0;
  }
  return arrived === 0 ? 1 : good / arrived;
}

/** Goodput before the trigger. */
export function goodputBefore(course: Course): number {
  return goodput(course, ignoredSeconds, course.warmUp);
}

/** The seconds from the trigger on from which on goodput is too low, on average. */
function harmedSeconds(course: Course, before: number, last: number): readonly number[] {
  const harmed: number[] = [];
  for (let second = course.warmUp; second <= last; second++) {
    if (goodput(course, second, second + averagedSeconds) < harmedBelow * before) harmed.push(second);
  }
  return harmed;
}

/** How fast the backlog shrinks; 0 unless it lost at least 5 % in the last 30 seconds, and some in each third. */
function drainedPerSecond(backlog: readonly number[]): number {
  const [oldest, middle, latest] = thirdsOf(backlog);
  const isShrinking = oldest > middle && middle > latest && latest <= 0.95 * oldest;
  return isShrinking ? (oldest - latest) / ((lostSeconds * 2) / 3) : 0;
}

/** The mean backlog in each third of the last 30 seconds. */
function thirdsOf(backlog: readonly number[]): readonly [number, number, number] {
  const third = lostSeconds / 3;
  const mean = (from: number) => backlog.slice(from, from + third).reduce((sum, each) => sum + each, 0) / third;
  const from = Math.max(0, backlog.length - lostSeconds);
  return [mean(from), mean(from + third), mean(from + 2 * third)];
}
