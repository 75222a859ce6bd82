/** `npm run demo`: the whole system on this machine, five experiments, a recovery. See `--help`. */
import { readFileSync } from 'node:fs';
import { BuildFailure, LocalSystem, SystemFailure, untilAborted } from '@breakwater/system-runner';
import { customerLatency, deviationsOf, runExperiments, runRecovery, startUp, systemOptions } from './demo.ts';
import { requireExperiments, setCustomerLatency, type Target } from './experiments/target.ts';
import { faultsTokenOf } from './faults-token.ts';
import { Interruption, InterruptionWatch } from './interruption.ts';
import { type DemoOptions, parseOptions, usage, UsageError } from './options.ts';
import { invitation } from './report/invitation.ts';
import { progressOn } from './report/progress.ts';
import { resultsAsText } from './report/report.ts';
import { resultsAsJson } from './report/results.ts';

/** Exit codes: as stated; not as stated, or not at all; not understood. */
const asStated = 0;
const failed = 1;
const notUnderstood = 2;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Runs the demo and leaves nothing behind. Resolves with the exit code. */
async function run(options: DemoOptions): Promise<number> {
  const interruption = new InterruptionWatch();
  interruption.listen();
  const progress = progressOn(process.stderr);

  let system: LocalSystem | undefined;
  let isUp = false;
  let verdict: number | undefined;
  let keptLogs: string | undefined;
  try {
    if (options.target === undefined) {
      system = await LocalSystem.prepare(systemOptions(options));
      interruption.onImpatience = () => system?.kill();
    }
    const signal = AbortSignal.any([interruption.signal, ...(system ? [system.broken] : [])]);
    const target = system ?? (await readyTarget(options.target, signal));
    const stage = { target, progress, signal };

    if (system) await startUp(system, stage);
    isUp = true;
    const experiments = await runExperiments(stage);
    const [first] = experiments;
    if (first === undefined) throw new Error('there are no experiments');
    const recovery = await runRecovery(stage, first.series);
    const results = { experiments, recovery, timeScale: options.timeScale };
    const deviations = deviationsOf(results);

    process.stdout.write(`${options.json ? resultsAsJson(results) : `\n${resultsAsText(results)}`}\n`);
    for (const deviation of deviations) say(`✖ ${deviation}`);
    verdict = deviations.length === 0 ? asStated : failed;
    if (verdict === failed) keptLogs = system?.logs;
    else if (!options.json) process.stdout.write('All five experiments and the recovery came out as stated.\n');

    if (system && !options.once) {
      (options.json ? process.stderr : process.stdout).write(`\n${invitation(system)}`);
      await untilAborted(signal);
    }
    return verdict;
  } catch (error) {
    const cause = interruption.signal.aborted
      ? interruption.signal.reason
      : ((await system?.rootCause(error)) ?? error);
    if (cause instanceof Interruption) {
      say('Stopping.');
      // Ctrl-C is how a system that stays up is meant to end.
      return verdict ?? cause.exitCode;
    }
    if (cause instanceof BuildFailure) process.stderr.write(readFileSync(cause.logFile));
    // Before the system is up, the message says it all, unless it points at a log.
    else if (isUp || !(cause instanceof SystemFailure) || cause.logFile !== undefined) keptLogs = system?.logs;
    say(cause instanceof SystemFailure ? describe(cause) : `✖ A bug in the demo: ${describeBug(cause)}`);
    return failed;
  } finally {
    await system?.stop();
    if (keptLogs === undefined) system?.removeFiles();
    else say(`The logs are in ${keptLogs}`);
  }
}

/** A system that runs already, with its customers as slow as the experiments need them. */
async function readyTarget(gatewayUrl: string | undefined, signal: AbortSignal): Promise<Target> {
  if (gatewayUrl === undefined) throw new Error('there is no target');
  const target = { gatewayUrl, faultsToken: faultsTokenOf(process.env) };
  await requireExperiments(gatewayUrl, signal);
  await setCustomerLatency(target, customerLatency, signal);
  return target;
}

function describe({ message, remedy }: SystemFailure): string {
  return `✖ ${message}. ${remedy}`;
}

function describeBug(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`✖ ${error.message}. See npm run demo -- --help`);
  process.exitCode = notUnderstood;
}
