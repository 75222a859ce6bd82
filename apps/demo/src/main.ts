/** `npm run demo`: starts the whole system, runs five experiments and shows a recovery. See `--help`. */
import { describeFailure, LocalSystem, SystemFailure, untilAborted, UsageError } from '@breakwater/system-runner';
import { customerLatency, deviationsOf, runExperiments, runRecovery, startUp, systemOptions } from './demo.ts';
import { Interruption, InterruptionWatch } from './interruption.ts';
import { type DemoOptions, parseOptions, usage } from './options.ts';
import { progressOn } from './progress.ts';
import { consoleAddress, nextSteps, resultsAsJson, resultsAsText } from './report.ts';
import { type ExperimentTarget, faultsTokenOf, requireExperiments, setCustomerLatency } from './target.ts';

const exitCodes = { asExpected: 0, failed: 1, usage: 2 } as const;
const command = 'npm run demo';

/** Runs the demo and cleans up. Resolves with the exit code. */
async function run(options: DemoOptions): Promise<number> {
  const interruption = new InterruptionWatch();
  interruption.listen();
  const progress = progressOn(process.stderr);

  let system: LocalSystem | undefined;
  let isUp = false;
  let exitCode: number | undefined;
  let keptLogs: string | undefined;
  try {
    if (options.target === undefined) {
      system = await LocalSystem.prepare(systemOptions(options));
      interruption.onSecondRequest = () => system?.kill();
    }
    const signal = AbortSignal.any([interruption.signal, ...(system ? [system.broken] : [])]);
    const target = system ?? (await prepareTarget(options.target, signal));
    const context = { target, progress, signal };

    if (system) {
      await startUp(system, context);
      process.stderr.write(`\nWatch the experiments in the console:\n\n${consoleAddress(system)}\n\n`);
    }
    isUp = true;
    const experiments = await runExperiments(context);
    const [first] = experiments;
    if (first === undefined) throw new Error('there are no experiments');
    const recovery = await runRecovery(context, first.series);
    const results = { experiments, recovery, timeScale: options.timeScale };
    const deviations = deviationsOf(results);

    process.stdout.write(`${options.json ? resultsAsJson(results) : `\n${resultsAsText(results)}`}\n`);
    for (const deviation of deviations) process.stderr.write(`✖ ${deviation}\n`);
    exitCode = deviations.length === 0 ? exitCodes.asExpected : exitCodes.failed;
    if (exitCode === exitCodes.failed) keptLogs = system?.logs;
    else if (!options.json) process.stdout.write('All five experiments and the recovery had the expected result.\n');

    if (system && !options.once) {
      (options.json ? process.stderr : process.stdout).write(`\n${nextSteps(system)}`);
      await untilAborted(signal);
    }
    return exitCode;
  } catch (error) {
    const cause = interruption.signal.aborted
      ? interruption.signal.reason
      : ((await system?.rootCause(error)) ?? error);
    if (cause instanceof Interruption) {
      process.stderr.write('Stopping.\n');
      // After the experiments, Ctrl-C is the normal end.
      return exitCode ?? cause.exitCode;
    }
    // During start-up the message is enough, unless it refers to a log.
    if (isUp || !(cause instanceof SystemFailure) || cause.logFile !== undefined) keptLogs = system?.logs;
    process.stderr.write(describeFailure(cause, command));
    return exitCodes.failed;
  } finally {
    await system?.stop();
    if (keptLogs === undefined) system?.removeFiles();
    else process.stderr.write(`The logs are in ${keptLogs}\n`);
  }
}

/** Prepares a running system: its customer services become as slow as the experiments need. */
async function prepareTarget(gatewayUrl: string | undefined, signal: AbortSignal): Promise<ExperimentTarget> {
  if (gatewayUrl === undefined) throw new Error('there is no target');
  const target = { gatewayUrl, faultsToken: faultsTokenOf(process.env) };
  await requireExperiments(gatewayUrl, signal);
  await setCustomerLatency(target, customerLatency, signal);
  return target;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(describeFailure(error, command));
  process.exitCode = exitCodes.usage;
}
