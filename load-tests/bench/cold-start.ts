import { median } from './paired-comparison.ts';
import type { Room } from './room.ts';

/** From the start of the process until readiness is answered with 200, in milliseconds. */
export interface ColdStart {
  readonly startsMs: readonly number[];
  readonly medianMs: number;
  /** Where the time goes, in the order of a start; the median of starts that told. */
  readonly parts: readonly StartPart[];
}

export interface StartPart {
  readonly name: string;
  readonly ms: number;
}

/** Up to which point of account's own log a part goes (`startMs`). */
const parts = [
  ['loaded', 'Node, and all modules loaded'],
  ['created', 'Nest has made its modules'],
  ['migrationsFound', 'the database is asked for its migrations'],
  ['listening', 'routes are made, it listens'],
] as const;

/** Starts account so many times, one after the other, with nothing to do; on all processors, as in production. */
export async function measureColdStart(room: Room, starts: number, say: (what: string) => void): Promise<ColdStart> {
  // The first one finds nothing in the machine's caches.
  await startOnce(room);
  const seen: Start[] = [];
  for (let count = 0; count < starts; count += 1) {
    say(`cold start ${count + 1} of ${starts}`);
    seen.push(await startOnce(room));
  }
  const durations = seen.map(({ readyMs, points }) => durationsOf([...points, readyMs]));
  const names = [...parts.map(([, name]) => name), 'readiness is asked for, and answered'];
  const startsMs = seen.map(({ readyMs }) => readyMs);
  return {
    startsMs,
    medianMs: median(startsMs),
    parts: names.map((name, at) => ({ name, ms: median(durations.map((each) => each[at]!)) })),
  };
}

interface Start {
  readonly readyMs: number;
  /** When it got how far, by its own log. */
  readonly points: readonly number[];
}

async function startOnce(room: Room): Promise<Start> {
  const account = await room.start('bundled');
  const readyMs = await account.ready(room.signal);
  await account.stop();
  return { readyMs, points: pointsIn(account.log) };
}

/** @throws Error when the log has no line with `startMs` */
function pointsIn(log: string): readonly number[] {
  const line = log.split('\n').find((each) => each.includes('"startMs"'));
  if (line === undefined) throw new Error("account's log doesn't tell how far its start got when");
  const { startMs } = JSON.parse(line) as { startMs: Readonly<Record<string, number>> };
  return parts.map(([point]) => startMs[point]!);
}

/** What lies between points in time, the first of them counted from zero. */
const durationsOf = (points: readonly number[]): number[] =>
  points.map((point, at) => point - (at === 0 ? 0 : points[at - 1]!));
