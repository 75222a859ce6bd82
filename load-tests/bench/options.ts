import { parseArgs } from 'node:util';
import type { LagPlan } from './event-loop-lag.ts';
import type { SaturationPlan } from './saturation.ts';
import { committedTargets, guardTargets, type Targets } from './targets.ts';

/** What can be measured. */
export const experiments = ['pipeline', 'lag', 'cold-start'] as const;
export type Experiment = (typeof experiments)[number];

/** How much is measured. */
export interface BenchPlan {
  readonly saturation: SaturationPlan;
  readonly lag: LagPlan;
  readonly starts: number;
}

/** What the command line asks for. */
export type Command = { readonly kind: 'help' } | ({ readonly kind: 'run' } & BenchOptions);

export interface BenchOptions {
  readonly experiments: readonly Experiment[];
  readonly plan: BenchPlan;
  readonly targets: Targets;
  /** Both arms are without a pipeline: what the measurement itself makes of no difference. */
  readonly isControl: boolean;
  /** Print the results as one JSON document on standard output. */
  readonly json: boolean;
}

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `--help` prints. */
export const usage = `Usage: npm run bench -w load-tests -- [EXPERIMENT...] [OPTIONS]

Measures one account service of the compiled code before a customer that answers at once:

  pipeline     at saturation, with all that protects account and without, in turns: what is kept of throughput and of
               processor time
  lag          the event loop's lag at 70 % of what account can do at most
  cold-start   from the start of the process until it is ready, and where the time goes

Without a name, all three; under seven minutes. PostgreSQL is started for it. Where there is taskset and a second processor,
account has one for itself.

  --guard      less of each and generous margins: for CI, against regressions of kind; under two minutes
  --control    pipeline with no pipeline in either arm: the noise of the measurement
  --json       print the results as one JSON document on standard output
  --help       show this

Exit code: 0 when every target was reached, 1 when one was not, 2 when the command line cannot be understood, 4 when the run
is invalid and says nothing.
`;

const fullPlan: BenchPlan = {
  saturation: { rounds: 3, pairsPerRound: 40, warmUpSeconds: 45, seconds: 0.5 },
  lag: { windows: 5, secondsPerWindow: 5, warmUpSeconds: 45, saturatedSeconds: 5 },
  starts: 9,
};

const guardPlan: BenchPlan = {
  saturation: { rounds: 1, pairsPerRound: 40, warmUpSeconds: 7, seconds: 0.5 },
  lag: { windows: 3, secondsPerWindow: 3, warmUpSeconds: 4, saturatedSeconds: 2 },
  starts: 3,
};

/**
 * Reads the command line.
 *
 * @param args without the program and the script
 * @throws UsageError when it cannot be understood
 */
export function parseOptions(args: readonly string[]): Command {
  const { values, positionals } = readFlags(args);
  if (values.help) return { kind: 'help' };
  const isGuard = values.guard ?? false;
  return {
    kind: 'run',
    experiments: positionals.length === 0 ? experiments : positionals.map(experimentOf),
    plan: isGuard ? guardPlan : fullPlan,
    targets: isGuard ? guardTargets : committedTargets,
    isControl: values.control ?? false,
    json: values.json ?? false,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        guard: { type: 'boolean' },
        control: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s|\n/, 1)[0] ?? message);
  }
}

function experimentOf(text: string): Experiment {
  const found = experiments.find((each) => each === text);
  if (found) return found;
  throw new UsageError(`there is no experiment '${text}', but ${experiments.join(', ')}`);
}
