import type { Library } from './case.ts';
import type { CaseResult } from './measure.ts';

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
  /** What the library adds to the bare call; `null` where there is no bare call to compare with. */
  readonly overheadNs: number | null;
  readonly ratioToBare: number | null;
  /** The quartiles: of `overheadNs`, or of `nsPerCall` where that is all there is. */
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

/** The figure of a relation between two libraries that is taken round by round, so that what disturbs both cancels out. */
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
    const { lower, upper } = added === undefined || library === 'bare' ? whole : added;
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

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
