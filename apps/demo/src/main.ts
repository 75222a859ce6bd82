/** `npm run demo`: starts the whole system, runs five experiments and shows a recovery. See `--help`. */
import { describeFailure, LocalSystem, SystemFailure, untilAborted, UsageError } from '@breakwater/system-runner';
import { customerLatency, type DemoContext, deviationsOf, runAll, startUp, systemOptions } from './demo.ts';
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
      system = await LocalSystem.prepare(systemOptions(options, (message) => process.stderr.write(`! ${message}\n`)));
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
    exitCode = await showExperiments(context, options).catch(async (error: unknown) => {
      // The end of a process may be noticed after the failure that it caused.
      const cause = await system?.rootCause(error);
      if (options.once || signal.aborted || system?.isDisturbed !== true) throw error;
      process.stderr.write(describeFailure(cause, command));
      return exitCodes.failed;
    });
    if (exitCode === exitCodes.failed) {
      keptLogs = system?.logs;
      if (system?.isDisturbed === true) process.stderr.write(`${disturbed}\n`);
    }

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

const disturbed =
  'A replica was killed or frozen during the experiments. Start the demo again to\nrepeat all of them, or repeat one in the console.';

/** Runs the experiments and shows their results. Resolves with the exit code. */
async function showExperiments(context: DemoContext, { json, timeScale }: DemoOptions): Promise<number> {
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  // After a failure, the other experiments are still running.
  const results = await runAll({ ...context, signal }, timeScale).finally(() => ended.abort());
  const deviations = deviationsOf(results);
  process.stdout.write(`${json ? resultsAsJson(results) : `\n${resultsAsText(results)}`}\n`);
  for (const deviation of deviations) process.stderr.write(`✖ ${deviation}\n`);
  if (deviations.length > 0) return exitCodes.failed;
  if (!json) process.stdout.write('All five experiments and the recovery had the expected result.\n');
  return exitCodes.asExpected;
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
