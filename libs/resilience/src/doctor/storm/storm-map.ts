import type { Instance } from '../instance.ts';
import { type Change, changesFor, type Protected } from './changes.ts';
import { simulateStorm, type Storm, type StormPoint } from './storm.ts';
import { capacityOf } from './storm-model.ts';
import type { StormSettings } from './storm-settings.ts';

/** The results at each load, from the lowest, for each size of the trigger, from the smallest. */
export interface StormMap {
  readonly loads: readonly number[];
  readonly sizes: readonly number[];
  /** By load, then by size. */
  readonly storms: readonly (readonly Storm[])[];
  /** For each load the smallest trigger after which it stays down, if there is one. */
  readonly locksInAt: readonly (number | undefined)[];
  /** The highest load that is safe, with all lower ones: it never stays down; `undefined` if there is none. */
  readonly highestSafeLoad: number | undefined;
  /** The longest time to recover up to the highest safe load, in seconds. */
  readonly longestRecovery: number | undefined;
}

/** The map, and the change that helps. */
export interface StormSurvey {
  readonly instance: Instance;
  readonly settings: StormSettings;
  readonly map: StormMap;
  /** At which load and trigger changes were tried; `undefined` if it never stays down. */
  readonly tried: StormPoint | undefined;
  /** The nearest single change with which it does not stay down, and the map with it. */
  readonly remedy: { readonly change: Change; readonly map: StormMap } | undefined;
}

/**
 * Simulates points, perhaps several at a time, in any order.
 *
 * @param change the index of a change in `changesFor`; `undefined` for the instance as it is
 * @param onResult called after each
 * @returns the results in the order of the points
 */
export type RunPoints = (
  points: readonly StormPoint[],
  change: number | undefined,
  onResult: () => void,
) => Promise<readonly Storm[]>;

/** How much of the survey is done. */
export type Progress = (done: number, of: number, phase: string) => void;

/** Simulates a point of a survey. */
export function simulatePoint(
  { instance, model }: Protected,
  point: StormPoint,
  change: number | undefined,
): Promise<Storm> {
  const before = { instance, model };
  const after = change === undefined ? before : changesFor(before)[change]!.apply(before);
  return simulateStorm(after.instance, after.model, point);
}

/** One point after the other in this thread. */
export function runHere(before: Protected): RunPoints {
  return async (points, change, onResult) => {
    const storms: Storm[] = [];
    for (const point of points) {
      storms.push(await simulatePoint(before, point, change));
      onResult();
    }
    return storms;
  };
}

/** Draws the map of an instance, and looks for the nearest change that makes it safe. */
export async function surveyStorms(
  instance: Instance,
  settings: StormSettings,
  run: RunPoints = runHere({ instance, model: settings.model }),
  onProgress: Progress = () => {},
): Promise<StormSurvey> {
  const map = await drawMap(settings, run, undefined, (done, of) => onProgress(done, of, 'the map'));
  const tried = pointToMakeSafe(map, settings);
  if (tried === undefined) return { instance, settings, map, tried, remedy: undefined };
  const changes = changesFor({ instance, model: settings.model });
  for (const [index, change] of changes.entries()) {
    onProgress(index, changes.length, 'changes');
    const points = pointsToCheck(map, tried);
    const storms = await run(points, index, () => {});
    if (storms.some(({ verdict: { kind } }) => kind === 'staysDown' || kind === 'overloaded')) continue;
    const changed = await drawMap(settings, run, index, (done, of) => onProgress(done, of, 'the map with the change'));
    return { instance, settings, map, tried, remedy: { change, map: changed } };
  }
  return { instance, settings, map, tried, remedy: undefined };
}

/** The loads of a map: the given one, or equal steps up to the capacity. */
export function loadsOf({ load, points, model }: StormSettings): readonly number[] {
  return load === undefined ? steps(points, 0, capacityOf(model)) : [load];
}

/** The sizes of the trigger on a map: the given one, or equal steps up to 6. */
export function sizesOf({ trigger, points }: StormSettings): readonly number[] {
  return trigger.size === undefined ? steps(points, 1, 6) : [trigger.size];
}

function steps(count: number, from: number, to: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const value = from + ((to - from) * (index + 1)) / count;
    return Math.round(value * 1_000) / 1_000;
  });
}

async function drawMap(
  settings: StormSettings,
  run: RunPoints,
  change: number | undefined,
  onProgress: (done: number, of: number) => void,
): Promise<StormMap> {
  const [loads, sizes] = [loadsOf(settings), sizesOf(settings)];
  const { kind, durationMs } = settings.trigger;
  const points = loads.flatMap((load) => sizes.map((size) => ({ load, trigger: { kind, size, durationMs } })));
  let done = 0;
  const results = await run(points, change, () => onProgress(++done, points.length));
  const storms = loads.map((_, row) => results.slice(row * sizes.length, (row + 1) * sizes.length));
  const locksInAt = storms.map((row) => row.find(({ verdict }) => verdict.kind === 'staysDown')?.trigger.size);
  const isSafe = (row: number) => storms[row]!.every(({ verdict: { kind } }) => isUp(kind));
  const firstUnsafe = loads.findIndex((_, row) => !isSafe(row));
  const safe = firstUnsafe === -1 ? storms : storms.slice(0, firstUnsafe);
  const recoveries = safe.flat().flatMap(({ verdict }) => (verdict.kind === 'recovers' ? verdict.afterSeconds : []));
  return {
    loads,
    sizes,
    storms,
    locksInAt,
    highestSafeLoad: loads[safe.length - 1],
    longestRecovery: recoveries.length === 0 ? undefined : Math.max(...recoveries),
  };
}

function isUp(kind: Storm['verdict']['kind']): boolean {
  return kind === 'unharmed' || kind === 'recovers';
}

/** The largest trigger at the lowest load from half the capacity on that stays down, or at the lowest at all. */
function pointToMakeSafe(map: StormMap, { model }: StormSettings): StormPoint | undefined {
  const down = map.storms.flat().filter(({ verdict }) => verdict.kind === 'staysDown');
  const half = down.filter(({ load }) => load >= capacityOf(model) / 2);
  const [first] = half.length > 0 ? half : down;
  const last = down.findLast(({ load }) => load === first?.load);
  return last && { load: last.load, trigger: last.trigger };
}

/** At that load the largest trigger, the smallest that locks in, and one between them. */
function pointsToCheck(map: StormMap, { load, trigger }: StormPoint): readonly StormPoint[] {
  const smallest = map.locksInAt[map.loads.indexOf(load)] ?? trigger.size;
  const sizes = map.sizes.filter((size) => size >= smallest && size <= trigger.size);
  const chosen = new Set([trigger.size, smallest, sizes[sizes.length >>> 1] ?? trigger.size]);
  return [...chosen].map((size) => ({ load, trigger: { ...trigger, size } }));
}
