import { median } from './paired-comparison.ts';
import type { BenchEnvironment } from './environment.ts';

/** From the start of the process until readiness is answered with 200, in milliseconds. */
export interface ColdStart {
  readonly startsMs: readonly number[];
  readonly medianMs: number;
  /** The phases of the start in order, each the median of all starts. */
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

/** Starts account repeatedly without load, on all processors as in production. */
export async function measureColdStart(
  environment: BenchEnvironment,
  starts: number,
  say: (what: string) => void,
): Promise<ColdStart> {
  // The first start fills the caches of the machine.
  await startOnce(environment);
  const seen: Start[] = [];
  for (let count = 0; count < starts; count += 1) {
    say(`cold start ${count + 1} of ${starts}`);
    seen.push(await startOnce(environment));
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

async function startOnce(environment: BenchEnvironment): Promise<Start> {
  const account = await environment.start('bundled');
  const readyMs = await account.ready(environment.signal);
  await account.stop();
  return { readyMs, points: pointsIn(account.log) };
}

/** @throws Error when the log has no line with `startMs` */
function pointsIn(log: string): readonly number[] {
  const line = log.split('\n').find((each) => each.includes('"startMs"'));
  if (line === undefined) throw new Error("account's log contains no start-up times");
  const { startMs } = JSON.parse(line) as { startMs: Readonly<Record<string, number>> };
  return parts.map(([point]) => startMs[point]!);
}

/** What lies between points in time, the first of them counted from zero. */
const durationsOf = (points: readonly number[]): number[] =>
  points.map((point, at) => point - (at === 0 ? 0 : points[at - 1]!));
