/** `npm run load-test`: runs load with k6 while parts of the system fail. See `--help`. */
import path from 'node:path';
import { describeFailure, UsageError } from '@breakwater/system-runner';
import { judge, type Judgement } from './judgement.ts';
import { measure } from './measures.ts';
import { type Engine, engines } from './engines.ts';
import { resultOf, publish } from '../report/publication.ts';
import { writeComparison, writeReport } from '../report/reports.ts';
import { comparisonAsText, runAsText, type JudgedRun } from '../report/terminal.ts';
import { scenarios } from '../scenarios/index.ts';
import { type Scenario, type Variant, variantsOf } from '../scenarios/scenario.ts';
import { findK6, installK6, type K6Program, NoK6Error } from './k6-program.ts';
import { type Command, parseOptions, type RunOptions, usage } from './options.ts';
import { progressOn } from '@breakwater/system-runner/progress';
import { runScenario } from './run-scenario.ts';

const exitCodes = { passed: 0, failed: 1, usage: 2, noK6: 3, invalid: 4, interrupted: 130 } as const;

const resultsDirectory = path.resolve(import.meta.dirname, '../results');
const resultsPage = path.resolve(import.meta.dirname, '../../docs/load-test-results.md');

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(command: Command): Promise<number> {
  switch (command.kind) {
    case 'help':
      print(usage.trimEnd());
      return exitCodes.passed;
    case 'list':
      for (const { name, claim } of scenarios) print(`${name.padEnd(18)}${claim}`);
      return exitCodes.passed;
    case 'find-k6':
      print(findK6().description);
      return exitCodes.passed;
    case 'publish': {
      const runs = await publish(resultsDirectory, resultsPage);
      print(`${runs} runs are in ${resultsPage}. Format it: npx prettier --write docs/load-test-results.md`);
      return exitCodes.passed;
    }
    case 'install-k6':
      print(await installK6({ report: (line) => process.stderr.write(`${line}\n`) }));
      return exitCodes.passed;
    case 'run':
    case 'compare':
      return run(command);
  }
}

async function run(options: RunOptions & { readonly kind: 'run' | 'compare' }): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
  const k6 = findK6();
  const runs: JudgedRun[] = [];
  for (const scenario of options.scenarios) {
    const arms: JudgedRun[] = [];
    for (const engine of options.kind === 'compare' ? engines.toReversed() : [options.engine]) {
      for (const variant of variantsOf(scenario, { withControl: options.kind === 'run' })) {
        const control = arms.find(({ judgement }) => judgement.isControl)?.judgement;
        const judged = await runOne(options, scenario, engine, variant, control, k6, interruption.signal);
        if (interruption.signal.aborted) return exitCodes.interrupted;
        runs.push(judged);
        arms.push(judged);
        const report = await writeReport(judged, options.out ?? resultsDirectory);
        if (!options.json) print(`${runAsText(judged)}\nReport: ${report}`);
      }
    }
    if (arms.length > 1) {
      const report = await writeComparison(arms, options.out ?? resultsDirectory);
      if (!options.json) print(`\n${comparisonAsText(arms)}Report: ${report}`);
    }
  }
  if (options.json) print(JSON.stringify(runs.map(resultOf), undefined, 2));
  if (runs.every(({ judgement }) => judgement.isPassed)) return exitCodes.passed;
  return runs.every(isPassedOrInvalid) ? exitCodes.invalid : exitCodes.failed;
}

async function runOne(
  { isShort, duringSeconds, target }: RunOptions,
  scenario: Scenario,
  engine: Engine,
  variant: Variant,
  control: Judgement | undefined,
  k6: K6Program,
  signal: AbortSignal,
): Promise<JudgedRun> {
  const durations = {
    ...(isShort ? scenario.short : scenario.durations),
    ...(duringSeconds && { during: duringSeconds }),
  };
  const progress = progressOn(process.stderr);
  try {
    const record = await runScenario({
      scenario,
      engine,
      variant,
      durations,
      isShort,
      k6,
      target,
      signal,
      say: (what) => progress.say(`${scenario.name}: ${what}`),
    });
    const measures = measure(record);
    const all = scenario.thresholds(variant);
    const { customerCallsPerArrival: _ofReplicas, ...ofClients } = all;
    // Nothing but the clients measures a system that was not started here.
    const thresholds = target === undefined ? all : scenario.isMeasuredByClients ? ofClients : {};
    const judgement = judge(
      record,
      measures,
      thresholds,
      variant === scenario.control
        ? { controlThresholds: scenario.controlThresholds ?? {} }
        : control === undefined
          ? {}
          : { control },
    );
    return { claim: scenario.claim, record, measures, judgement };
  } finally {
    progress.clear();
  }
}

/** An invalid run is no failure, unless it violated the ledger. */
function isPassedOrInvalid({ record, judgement }: JudgedRun): boolean {
  return judgement.isPassed || (judgement.invalid !== undefined && !record.ledger?.findings.length);
}

function report(error: unknown): number {
  if (error instanceof NoK6Error) {
    process.stderr.write(`✖ ${error.message}\n`);
    return exitCodes.noK6;
  }
  process.stderr.write(describeFailure(error, 'npm run load-test'));
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  process.exitCode = report(error);
}
