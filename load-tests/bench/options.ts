import { parseFlags, UsageError } from '@breakwater/system-runner';
import type { LagPlan } from './event-loop-lag.ts';
import type { MemoryPlan } from './memory.ts';
import type { SaturationPlan } from './saturation.ts';
import { type ArmName, armNames } from './services/arm.ts';
import type { ProtectionPlan } from './services/protection.ts';
import type { ComparisonPlan } from './services/comparison.ts';
import { committedTargets, guardTargets, type Targets } from './verdict.ts';
import type { WatchingPlan } from './watching.ts';

/** The measurements. */
export const measurements = ['pipeline', 'lag', 'cold-start', 'services', 'protection', 'memory', 'watching'] as const;
/** Without a choice: the others take long, or only compare. */
const usual = measurements.filter((each) => each !== 'memory' && each !== 'watching');
const guarded = usual.filter((each) => each !== 'protection');
export type Measurement = (typeof measurements)[number];

/** The extent of each measurement. */
export interface BenchPlan {
  readonly saturation: SaturationPlan;
  readonly lag: LagPlan;
  readonly starts: number;
  readonly comparison: ComparisonPlan;
  readonly protection: ProtectionPlan;
  readonly memory: MemoryPlan;
  readonly watching: WatchingPlan;
}

/** A parsed command line. */
export type Command = { readonly kind: 'help' } | ({ readonly kind: 'run' } & BenchOptions);

export interface BenchOptions {
  readonly measurements: readonly Measurement[];
  readonly plan: BenchPlan;
  readonly targets: Targets;
  /** Whether both arms are without a pipeline, which shows the error of the measurement. */
  readonly isControl: boolean;
  /** Print the results as one JSON document on standard output. */
  readonly json: boolean;
}

/** The output of `--help`. */
export const usage = `Usage: npm run bench -w load-tests -- [MEASUREMENT...] [OPTIONS]

Measures one compiled account service with a customer that responds immediately:

  pipeline     throughput and processor time at saturation, alternately with and without the pipeline
  lag          the event-loop lag at 70 % of the maximum rate
  cold-start   the time from the start of the process until it is ready, by phase
  services     processor time per opened account, start and memory, in turns with other services that do the same
  protection   the time until the circuit breaker opens when customer is slow, next to Spring Boot
  memory       the memory of account, customer and console at 60 accounts/s, for 15 minutes
  watching     processor time and memory without a page of the console and with one, at rest and under load

Without a MEASUREMENT, it runs all but the last two in twenty minutes, and with --guard neither that nor \`protection\`. It starts its own PostgreSQL. With taskset and at least
two processors, the measured service gets a processor for itself.

  --guard      shorter, with wide margins, to find large regressions in CI; about two minutes
  --control    measure \`pipeline\` without a pipeline in both arms: the error of the measurement
  --arms LIST  measure only these \`services\`, comma separated, of: ${armNames.join(', ')}
  --json       print the results as one JSON document on standard output
  --help       show this

Exit code: 0 when every target was reached, 1 when one was missed, 2 for an invalid command line, 4 for an invalid run.
`;

/** Sixty requests a second use up the thirty permits of the bulkhead before the first slow call has ended. */
const protection: ProtectionPlan = { outages: 3, perSecond: 60, warmUpSeconds: 20 };

const memory: MemoryPlan = { minutes: 15, perSecond: 60 };

const watching: WatchingPlan = { seconds: 60, perSecond: 20, warmUpSeconds: 60 };

const fullPlan: BenchPlan = {
  saturation: { rounds: 3, pairsPerRound: 40, warmUpSeconds: 45, seconds: 0.5 },
  lag: { windows: 5, secondsPerWindow: 5, warmUpSeconds: 45, saturatedSeconds: 5 },
  starts: 9,
  comparison: { arms: armNames, starts: 3, warmUpAccounts: 40_000, maxWarmUpSeconds: 120, turns: 60, seconds: 0.5 },
  protection,
  memory,
  watching,
};

const guardPlan: BenchPlan = {
  saturation: { rounds: 1, pairsPerRound: 40, warmUpSeconds: 7, seconds: 0.5 },
  lag: { windows: 3, secondsPerWindow: 3, warmUpSeconds: 4, saturatedSeconds: 2 },
  starts: 3,
  comparison: {
    arms: ['account', 'bare'],
    starts: 1,
    warmUpAccounts: 4_000,
    maxWarmUpSeconds: 20,
    turns: 20,
    seconds: 0.5,
  },
  protection,
  memory,
  watching,
};

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
      guard: { type: 'boolean' },
      control: { type: 'boolean' },
      arms: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  const isGuard = values.guard ?? false;
  const plan = isGuard ? guardPlan : fullPlan;
  return {
    kind: 'run',
    measurements: positionals.length > 0 ? positionals.map(measurementOf) : isGuard ? guarded : usual,
    plan: values.arms === undefined ? plan : { ...plan, comparison: { ...plan.comparison, arms: armsIn(values.arms) } },
    targets: isGuard ? guardTargets : committedTargets,
    isControl: values.control ?? false,
    json: values.json ?? false,
  };
}

function armsIn(list: string): readonly ArmName[] {
  return list.split(',').map((text) => {
    const found = armNames.find((each) => each === text);
    if (found) return found;
    throw new UsageError(`there is no service '${text}'; there are ${armNames.join(', ')}`);
  });
}

function measurementOf(text: string): Measurement {
  const found = measurements.find((each) => each === text);
  if (found) return found;
  throw new UsageError(`there is no measurement '${text}'; there are ${measurements.join(', ')}`);
}
