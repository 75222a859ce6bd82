import { parseChoice, parseFlags, UsageError } from '@breakwater/system-runner';
import { defaultRepetitions } from '../report/repetitions.ts';
import { type Engine, engines } from './engines.ts';
import { scenarios } from '../scenarios/index.ts';
import { hasCircuitBreaker, type Scenario, type Variant, variantsOf } from '../scenarios/scenario.ts';
import { chosen, defaultSeed, drawn } from '../storms/configurations.ts';

/** The command of the command line. */
export type Command =
  | { readonly kind: 'help' | 'list' | 'find-k6' | 'install-k6' | 'publish' }
  | ({ readonly kind: 'run' } & RunOptions)
  | ({ readonly kind: 'compare' } & RunOptions & CompareOptions)
  | ({ readonly kind: 'storms' } & StormOptions);

/** What only a comparison has. */
export interface CompareOptions {
  /** The scenario's settings. */
  readonly variant: Variant;
  /** Runs of each engine. */
  readonly repetitions: number;
}

export interface RunOptions {
  readonly scenarios: readonly Scenario[];
  readonly engine: Engine;
  readonly isShort: boolean;
  /** Print the results as one JSON document on standard output. */
  readonly json: boolean;
  readonly target: string | undefined;
  /** Duration of phase `during` instead of the scenario's own. */
  readonly duringSeconds: number | undefined;
  /** Directory for reports. */
  readonly out: string | undefined;
}

export interface StormOptions {
  /** Decides which configurations are drawn. */
  readonly seed: number;
  /** The numbers of the configurations to run; undefined for all. */
  readonly only: readonly number[] | undefined;
  /** Only predict, and start nothing. */
  readonly isPrediction: boolean;
  readonly json: boolean;
  /** Directory for the comparison. */
  readonly out: string | undefined;
}

/** The output of `--help`. */
export const usage = `Usage: npm run load-test -- SCENARIO... [OPTIONS]
       npm run load-test -- compare SCENARIO [OPTIONS]
       npm run load-test -- storms [--seed N] [--only N,N] [--predict]
       npm run load-test -- publish
       npm run load-test -- --list

Starts the whole system on this machine, sends load with k6 while parts of it fail, audits the ledger and judges the
results. Each run writes a report (HTML, PNG, JSON) to load-tests/results. \`all\` runs every scenario; compare runs one
on every engine, several times in turns. storms runs configurations whose verdicts the doctor has predicted
(docs/storms.md). publish writes docs/load-test-results.md from the latest full runs and docs/engine-comparison.md from
the latest comparisons.

  --list            print the scenarios with their claims
  --engine WHICH    ${engines.join(', ')}
                    (default sliding-window); thresholds are for sliding-window
  --repetitions N   runs of each engine in a comparison, 1 to 50 (default ${defaultRepetitions})
  --variant WHICH   settings of the scenario in a comparison, such as cold-cache (default: its first)
  --short           shorter phases, as in CI
  --duration N      duration of the fault or the steady load in seconds, 5 to 86400
  --target URL      send the load to a running system: no actions, and only its responses are judged
  --out DIRECTORY   directory for reports (default load-tests/results; of storms: docs/storms)
  --json            print the results as one JSON document on standard output
  --seed N          storms: decides which configurations are drawn (default ${defaultSeed})
  --only N,N        storms: the numbers of the configurations to run; the file keeps the results of the others
  --predict         storms: only predict, and start nothing
  --find-k6         print the k6 that is used
  --install-k6      build k6 with Go
  --help            show this help

Exit code: 0 when every threshold was kept, 1 when one was not, 2 for an invalid command line, 3 without k6, 4 when a run was
invalid because the machine could not keep up. K6 names the k6 program to use.
`;

/**
 * Reads the command line.
 *
 * @param args without the program and the script
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): Command {
  const { values, positionals } = parseFlags({
    args: [...args],
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      engine: { type: 'string' },
      repetitions: { type: 'string' },
      variant: { type: 'string' },
      short: { type: 'boolean' },
      duration: { type: 'string' },
      target: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean' },
      seed: { type: 'string' },
      only: { type: 'string' },
      predict: { type: 'boolean' },
      'find-k6': { type: 'boolean' },
      'install-k6': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values['find-k6']) return { kind: 'find-k6' };
  if (values['install-k6']) return { kind: 'install-k6' };
  if (values.list) return { kind: 'list' };
  const [first] = positionals;
  if (first === 'publish' && positionals.length === 1) return { kind: 'publish' };
  if (first === 'storms') {
    const given = Object.keys(values).find((option) => !stormOptions.has(option));
    if (positionals.length > 1 || given !== undefined)
      throw new UsageError(`storms takes no ${given === undefined ? 'scenario' : `--${given}`}`);
    return {
      kind: 'storms',
      seed: values.seed === undefined ? defaultSeed : seedOf(values.seed),
      only: values.only?.split(',').map(numberOf),
      isPrediction: values.predict ?? false,
      json: values.json ?? false,
      out: values.out,
    };
  }
  const ofStorms = (['seed', 'only', 'predict'] as const).find((option) => values[option] !== undefined);
  if (ofStorms !== undefined) throw new UsageError(`--${ofStorms} is an option of storms`);
  const kind = first === 'compare' ? 'compare' : 'run';
  const names = kind === 'compare' ? positionals.slice(1) : positionals;
  if (names.length === 0) throw new UsageError('no scenario was named; --list shows them');
  if (kind === 'compare' && (names.length > 1 || names[0] === 'all'))
    throw new UsageError('compare takes one scenario');
  if (kind === 'compare' && values.target !== undefined) {
    throw new UsageError('compare starts its own systems, one for each engine: it takes no --target');
  }
  if (kind === 'compare' && values.engine !== undefined)
    throw new UsageError('compare runs every engine: it takes no --engine');
  if (kind === 'run' && (values.repetitions ?? values.variant) !== undefined)
    throw new UsageError('--repetitions and --variant are for compare');
  const options = {
    scenarios: names.includes('all') ? scenarios : names.map(scenarioOf),
    engine: parseChoice('--engine', values.engine ?? 'sliding-window', engines),
    isShort: values.short ?? false,
    json: values.json ?? false,
    target: values.target === undefined ? undefined : urlOf(values.target),
    duringSeconds: values.duration === undefined ? undefined : secondsOf(values.duration),
    out: values.out,
  };
  const withEngines = kind === 'compare' || options.engine !== 'sliding-window' ? options.scenarios : [];
  const without = withEngines.find((each) => !variantsOf(each, { withControl: false }).every(hasCircuitBreaker));
  if (without) throw new UsageError(`${without.name} has no circuit breaker, so that it runs on no other engine`);
  const [scenario] = options.scenarios;
  if (kind === 'run' || scenario === undefined) return { kind: 'run', ...options };
  const variants = variantsOf(scenario, { withControl: false });
  return {
    kind,
    ...options,
    variant: parseChoice('--variant', values.variant ?? variants[0] ?? 'as-configured', variants),
    repetitions: values.repetitions === undefined ? defaultRepetitions : repetitionsOf(values.repetitions),
  };
}

function scenarioOf(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (found) return found;
  throw new UsageError(`there is no scenario '${name}'; there are ${scenarios.map((each) => each.name).join(', ')}`);
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw new UsageError(`--target is a URL such as http://localhost:8080, not '${text}'`);
}

function repetitionsOf(text: string): number {
  const repetitions = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (repetitions >= 1 && repetitions <= 50) return repetitions;
  throw new UsageError(`--repetitions is a whole number from 1 to 50, not '${text}'`);
}

const stormOptions: ReadonlySet<string> = new Set(['seed', 'only', 'predict', 'json', 'out']);

function seedOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--seed is a whole number of at most nine digits, not '${text}'`);
}

function numberOf(text: string): number {
  const number = Number(text);
  const last = chosen.length + drawn;
  if (/^\d+$/.test(text) && number >= 1 && number <= last) return number;
  throw new UsageError(`--only is a list of numbers from 1 to ${last} such as 1,3, not '${text}'`);
}

function secondsOf(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 5 && seconds <= 86_400) return seconds;
  throw new UsageError(`--duration is a whole number of seconds from 5 to 86400, not '${text}'`);
}
