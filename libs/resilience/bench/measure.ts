import { Bench } from 'tinybench';
import type { BenchCase } from './cases.ts';
import type { Library, Operation, Subject } from './subjects.ts';

/** How many samples are taken. */
export interface Effort {
  /** The number of turns of each library. */
  readonly rounds: number;
  /** The number of samples per turn. */
  readonly samples: number;
}

export const thorough: Effort = { rounds: 11, samples: 15 };
export const brief: Effort = { rounds: 5, samples: 8 };

const defaultCallsPerSample = 2_000;

/** The duration of a call per round, in nanoseconds: a list for each library, all of the same length. */
export interface CaseResult {
  readonly name: string;
  readonly remark?: string | undefined;
  readonly nsPerCall: { readonly [L in Library]?: readonly number[] };
  /** The duration of the bare call in each sample of all rounds, in nanoseconds. */
  readonly bareSamplesNs?: readonly number[];
}

/**
 * Measures a case. The libraries take turns, in another order each round, so that noise affects all of them and none
 * profits from the warm-up of another.
 */
export async function measureCase({ name, remark, subjects }: BenchCase, effort: Effort): Promise<CaseResult> {
  const prepared = Object.entries(await subjects()) as [Library, Subject][];
  try {
    for (const [, subject] of prepared) await turnOf(subject, effort.samples);
    const nsPerCall = Object.fromEntries(prepared.map(([library]) => [library, [] as number[]]));
    const bareSamplesNs: number[] = [];
    for (let round = 0; round < effort.rounds; round++) {
      for (const [library, subject] of rotated(prepared, round)) {
        const samples = await turnOf(subject, effort.samples);
        nsPerCall[library]?.push(figureOf(samples).median);
        if (library === 'bare') bareSamplesNs.push(...samples);
      }
    }
    return { name, remark, nsPerCall, ...(nsPerCall['bare'] && { bareSamplesNs }) };
  } finally {
    for (const [, { dispose }] of prepared) dispose?.();
  }
}

/** The samples of one turn, in nanoseconds per call. */
async function turnOf(
  { operation, callsPerSample = defaultCallsPerSample, samples: own }: Subject,
  samples: number,
): Promise<readonly number[]> {
  const iterations = own ?? samples;
  const bench = new Bench({ time: 0, iterations, warmup: false, throws: true, retainSamples: true });
  bench.add('calls', async () => repeat(operation, callsPerSample), { async: true });
  const [task] = await bench.run();
  const result = task?.result;
  if (result === undefined || !('latency' in result) || result.latency.samples === undefined) {
    throw new Error(`A benchmark did not complete: ${result?.state}`);
  }
  return result.latency.samples.map((ms) => (ms * 1e6) / callsPerSample);
}

/** Makes one call after the other. All libraries share this loop, and so its cost. */
async function repeat(operation: Operation, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) await operation();
}

function rotated<T>(values: readonly T[], by: number): readonly T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}

/** A median with the quartiles around it. */
export interface Figure {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/** One line of the results. Times are nanoseconds, medians over all rounds. */
export interface Row {
  readonly library: Library;
  readonly case: string;
  readonly nsPerCall: number;
  /** What the library adds to the bare call; `null` without a bare call to compare with. */
  readonly overheadNs: number | null;
  readonly ratioToBare: number | null;
  /** The quartiles of `overheadNs`, or of `nsPerCall` where `overheadNs` is `null`; those of all samples for `bare`. */
  readonly spreadNs: readonly [lower: number, upper: number];
}

/** @param values at least one */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? Number.NaN;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { median: at(0.5), lower: at(0.25), upper: at(0.75) };
}

/** Relates two libraries round by round, so that noise that affects both cancels out. */
export function pairwise(
  a: readonly number[],
  b: readonly number[],
  relation: (a: number, b: number) => number,
): Figure {
  return figureOf(a.map((value, round) => relation(value, b[round] ?? Number.NaN)));
}

/** What a library adds to the bare call, round by round. */
export function overheads({ nsPerCall }: CaseResult, library: Library): readonly number[] {
  const bare = nsPerCall.bare ?? [];
  return (nsPerCall[library] ?? []).map((value, round) => value - (bare[round] ?? Number.NaN));
}

export function rowsOf(result: CaseResult): readonly Row[] {
  const { bare } = result.nsPerCall;
  return (Object.entries(result.nsPerCall) as [Library, readonly number[]][]).map(([library, values]) => {
    const whole = figureOf(values);
    const added = bare === undefined ? undefined : figureOf(overheads(result, library));
    const ofBare = result.bareSamplesNs === undefined ? whole : figureOf(result.bareSamplesNs);
    const { lower, upper } = library === 'bare' ? ofBare : (added ?? whole);
    return {
      library,
      case: result.name,
      nsPerCall: rounded(whole.median),
      overheadNs: added === undefined ? null : rounded(added.median),
      ratioToBare: bare === undefined ? null : rounded(pairwise(values, bare, (a, b) => a / b).median, 2),
      spreadNs: [rounded(lower), rounded(upper)],
    };
  });
}

const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
