import { parseArgs } from 'node:util';
import type { Engine } from './run-record.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Scenario } from '../scenarios/scenario.ts';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' | 'list' | 'find-k6' | 'install-k6' | 'publish' }
  | ({ readonly kind: 'run' } & RunOptions)
  | ({ readonly kind: 'compare' } & RunOptions);

export interface RunOptions {
  readonly scenarios: readonly Scenario[];
  readonly engine: Engine;
  readonly isShort: boolean;
  /** Print the results as one JSON document on standard output. */
  readonly json: boolean;
  readonly target: string | undefined;
  /** Seconds that phase `during` lasts, in place of the scenario's own. */
  readonly duringSeconds: number | undefined;
  /** Where reports go. */
  readonly out: string | undefined;
}

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const engines = ['sliding-window', 'opossum', 'none'] as const satisfies readonly Engine[];

/** What `--help` prints. */
export const usage = `Usage: npm run load-test -- SCENARIO... [OPTIONS]
       npm run load-test -- compare SCENARIO [OPTIONS]
       npm run load-test -- publish
       npm run load-test -- --list

Starts the whole system on this machine, puts load on it with k6 while things fail, verifies the ledger, and judges what
came of it. Each run writes a report (HTML, PNG, JSON) to load-tests/results. \`all\` runs every scenario; compare runs one
on each of the three engines in turn. publish writes docs/load-test-results.md from the latest full runs.

  --list            print the scenarios with their claims
  --engine WHICH    sliding-window, opossum or none (default sliding-window); thresholds are for sliding-window
  --short           shorter phases, for CI and for who is in a hurry
  --duration N      seconds that the fault, or the steady load, lasts: 5 to 86400
  --target URL      put the load on a system that already runs: nothing is done to it, and only its answers are judged
  --out DIRECTORY   where reports go (default load-tests/results)
  --json            print the results as one JSON document on standard output
  --find-k6         print which k6 is used
  --install-k6      build k6 with Go
  --help            show this

Exit code: 0 when every threshold was kept, 1 when one was not, 2 when the command line cannot be understood, 3 when
there is no k6, 4 when a run was invalid and says nothing: the machine could not keep up. K6 names the program to use.
`;

/**
 * Reads the command line.
 *
 * @param args without the program and the script
 * @throws UsageError when it cannot be understood
 */
export function parseOptions(args: readonly string[]): Command {
  const { values, positionals } = readFlags(args);
  if (values.help) return { kind: 'help' };
  if (values['find-k6']) return { kind: 'find-k6' };
  if (values['install-k6']) return { kind: 'install-k6' };
  if (values.list) return { kind: 'list' };
  const [first] = positionals;
  if (first === 'publish' && positionals.length === 1) return { kind: 'publish' };
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
  return {
    kind,
    scenarios: names.includes('all') ? scenarios : names.map(scenarioOf),
    engine: engineOf(values.engine ?? 'sliding-window'),
    isShort: values.short ?? false,
    json: values.json ?? false,
    target: values.target === undefined ? undefined : urlOf(values.target),
    duringSeconds: values.duration === undefined ? undefined : secondsOf(values.duration),
    out: values.out,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        engine: { type: 'string' },
        short: { type: 'boolean' },
        duration: { type: 'string' },
        target: { type: 'string' },
        out: { type: 'string' },
        json: { type: 'boolean' },
        'find-k6': { type: 'boolean' },
        'install-k6': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s|\n/, 1)[0] ?? message);
  }
}

function scenarioOf(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  if (found) return found;
  throw new UsageError(`there is no scenario '${name}', but ${scenarios.map((each) => each.name).join(', ')}`);
}

function engineOf(text: string): Engine {
  const engine = engines.find((each) => each === text);
  if (engine) return engine;
  throw new UsageError(`--engine is one of ${engines.join(', ')}, not '${text}'`);
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw new UsageError(`--target is a URL such as http://localhost:8080, not '${text}'`);
}

function secondsOf(text: string): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 5 && seconds <= 86_400) return seconds;
  throw new UsageError(`--duration is a whole number of seconds from 5 to 86400, not '${text}'`);
}
