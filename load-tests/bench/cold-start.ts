import { median } from './paired-comparison.ts';
import type { BenchEnvironment } from './environment.ts';
import { accountPrograms } from './services/programs.ts';

/** The time from the start of the process until `/health/ready` responds with 200, in milliseconds. */
export type ColdStart = Awaited<ReturnType<typeof measureColdStart>>;

/** The phases of a start. Each ends at the point that `startMs` in account's log names. */
const parts = [
  ['loaded', 'start Node, load all files'],
  ['created', 'create the Nest modules'],
  ['migrationsFound', 'check for pending migrations'],
  ['listening', 'register routes, listen'],
] as const;

/** Starts account several times without load, on all processors as in production. */
export async function measureColdStart(environment: BenchEnvironment, starts: number, say: (what: string) => void) {
  // The first start fills the caches of the machine.
  await startOnce(environment);
  const started: Awaited<ReturnType<typeof startOnce>>[] = [];
  for (let count = 0; count < starts; count += 1) {
    say(`cold start ${count + 1} of ${starts}`);
    started.push(await startOnce(environment));
  }
  const durations = started.map(({ readyMs, points }) => durationsOf([...points, readyMs]));
  const names = [...parts.map(([, name]) => name), 'respond to the readiness probe'];
  const startsMs = started.map(({ readyMs }) => readyMs);
  return {
    startsMs,
    medianMs: median(startsMs),
    /** The phases of the start in order, each the median of all starts. */
    parts: names.map((name, at) => ({ name, ms: median(durations.map((each) => each[at]!)) })),
  };
}

async function startOnce(environment: BenchEnvironment) {
  const account = await environment.start(accountPrograms.bundled, { isUnpinned: true });
  const readyMs = await account.ready();
  await account.stop();
  return { readyMs, points: pointsIn(account.log()) };
}

/** The end of each phase, from account's log. @throws Error when the log has no line with `startMs` */
function pointsIn(log: string): readonly number[] {
  const line = log.split('\n').find((each) => each.includes('"startMs"'));
  if (line === undefined) throw new Error("account's log contains no start-up times");
  const { startMs } = JSON.parse(line) as { startMs: Readonly<Record<string, number>> };
  return parts.map(([point]) => startMs[point]!);
}

/** The durations between points in time; the first one starts at 0. */
const durationsOf = (points: readonly number[]): number[] =>
  points.map((point, at) => point - (at === 0 ? 0 : points[at - 1]!));
