/** `npm run bench -w load-tests`: what account's pipeline costs, the event loop's lag and the cold start. See `--help`. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { BuildFailure, SystemFailure } from '@breakwater/system-runner';
import { progressOn } from '../runner/progress.ts';
import { measureColdStart } from './cold-start.ts';
import { measureLag } from './event-loop-lag.ts';
import { type BenchOptions, type Command, parseOptions, usage, UsageError } from './options.ts';
import { randomFrom } from './paired-comparison.ts';
import { asText } from './report.ts';
import { Room } from './room.ts';
import { measureSaturation } from './saturation.ts';
import { costOf, judge, type Measured } from './verdict.ts';

const exitCodes = { reached: 0, notReached: 1, notUnderstood: 2, saysNothing: 4, interrupted: 130 } as const;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(command: Command): Promise<number> {
  if (command.kind === 'help') {
    print(usage.trimEnd());
    return exitCodes.reached;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  const startedAt = new Date().toISOString();
  const progress = progressOn(process.stderr);
  let room: Room | undefined;
  try {
    progress.say('compiles the services, starts PostgreSQL');
    room = await Room.open(interruption.signal);
    const measured = await measure(room, command, (what) => progress.say(what));
    const verdict = judge(measured, command.targets);
    progress.clear();
    print(
      command.json
        ? JSON.stringify({ startedAt, machine: machineOf(room), ...measured, ...verdict }, undefined, 2)
        : asText(measured, verdict),
    );
    if (verdict.invalid !== undefined) return exitCodes.saysNothing;
    return verdict.isPassed ? exitCodes.reached : exitCodes.notReached;
  } catch (error) {
    if (interruption.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    progress.clear();
    await room?.close();
  }
}

async function measure(
  room: Room,
  { experiments, plan, isControl }: BenchOptions,
  say: (what: string) => void,
): Promise<Measured> {
  const wants = new Set(experiments);
  // First, on a machine that has not been at work yet.
  const coldStart = wants.has('cold-start') ? await measureColdStart(room, plan.starts, say) : undefined;
  const arms = [isControl ? 'unprotected' : 'protected', 'unprotected'] as const;
  const pipeline = wants.has('pipeline')
    ? costOf(await measureSaturation(room, plan.saturation, arms, say))
    : undefined;
  const lag = wants.has('lag') ? await measureLag(room, plan.lag, randomFrom(2), say) : undefined;
  return { pipeline, lag, coldStart };
}

function machineOf({ processors }: Room) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const [first] = cpus();
  return {
    description: `${cpus().length} × ${first?.model ?? 'unknown'}, ${gigabytes} GB of memory, ${process.platform} ${process.arch}`,
    node: process.version,
    processors: processors.description,
  };
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    say(`✖ ${error.message}. See npm run bench -w load-tests -- --help`);
    return exitCodes.notUnderstood;
  }
  if (error instanceof BuildFailure) process.stderr.write(readFileSync(error.logFile));
  if (error instanceof SystemFailure) say(`✖ ${error.message}. ${error.remedy}`);
  else say(`✖ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.notReached;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.exitCode = explain(error);
}
