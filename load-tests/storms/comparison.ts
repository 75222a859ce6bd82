import { describeVerdict, type Course, type Verdict } from '@breakwater/resilience/doctor';
import type { StormConfiguration } from './configurations.ts';

/** A run of the real system. */
export interface RealStorm {
  readonly verdict: Verdict;
  readonly course: Course;
  /** ISO 8601. */
  readonly startedAt: string;
  /** How many runs there were: one that is invalid is repeated. */
  readonly runs: number;
  /** Why the last one is invalid, too; undefined for a valid run. */
  readonly invalid: string | undefined;
  /** p99 of each second, of all services, on average. */
  readonly eventLoopLagMs: number;
  /** Shares of all processors; undefined where the platform does not report them. */
  readonly generatorShare: number | undefined;
  readonly machineShare: number | undefined;
}

/** A configuration with what the doctor predicted and what happened. */
export interface ComparedStorm {
  /** From 1, in the order of the list; those that were drawn are last. */
  readonly number: number;
  readonly isDrawn: boolean;
  readonly configuration: StormConfiguration;
  readonly predicted: Verdict;
  /** Undefined before the real system was run. */
  readonly real: RealStorm | undefined;
}

/** The content of docs/storms/comparison.json. */
export interface StormComparison {
  /** The commit of the model. */
  readonly model: string;
  /** Decides which configurations were drawn. */
  readonly seed: number;
  readonly machine: string;
  readonly storms: readonly ComparedStorm[];
}

/** Whether the verdicts are of the same kind; undefined without a valid run. */
export function agrees({ predicted, real }: ComparedStorm): boolean | undefined {
  if (real === undefined || real.invalid !== undefined) return undefined;
  return predicted.kind === real.verdict.kind;
}

/** A row per configuration below a head. */
export function stormTable(storms: readonly ComparedStorm[]): string[][] {
  return [
    ['#', 'load', 'timeout', 'attempts', 'budget', 'breaker', 'queue', 'predicted', 'real system', 'agree'],
    ...storms.map((storm) => {
      const { load, spike, timeoutMs, attempts, hasBudget, hasBreaker, queue } = storm.configuration;
      return [
        `${storm.number}${storm.isDrawn ? ', drawn' : ''}`,
        `${load}/s, ${spike} ×`,
        `${timeoutMs / 1_000} s`,
        String(attempts),
        hasBudget ? 'yes' : 'no',
        hasBreaker ? 'yes' : 'no',
        String(queue),
        inShort(storm.predicted),
        realResult(storm.real),
        { true: 'yes', false: '**no**', undefined: '–' }[String(agrees(storm))] ?? '',
      ];
    }),
  ];
}

/** How many verdicts agree, in a sentence. */
export function stormSummary(storms: readonly ComparedStorm[]): string {
  const judged = storms.filter((storm) => agrees(storm) !== undefined);
  const agreed = judged.filter((storm) => agrees(storm));
  const repeated = judged.filter(({ real }) => (real?.runs ?? 1) > 1);
  return (
    `${agreed.length} of ${judged.length} verdicts agree.` +
    (repeated.length === 0
      ? ''
      : ` Repeated because the first run was invalid: ${repeated.map(({ number }) => number).join(', ')}.`)
  );
}

function realResult(real: RealStorm | undefined): string {
  if (real === undefined) return 'not run';
  return real.invalid === undefined ? inShort(real.verdict) : 'invalid';
}

const inShort = (verdict: Verdict): string => describeVerdict(verdict).replace(/, extrapolated.*/, ' (extrapolated)');

/** The file's text, with the numbers of a course on one line. */
export function comparisonAsJson(comparison: StormComparison): string {
  const text = JSON.stringify(comparison, undefined, 2);
  return `${text.replaceAll(/\[[\s\d,]+\]/g, (numbers) => numbers.replaceAll(/\s+/g, ' '))}\n`;
}
