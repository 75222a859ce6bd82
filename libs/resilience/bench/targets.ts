import { type Figure, figureOf, overheads, pairwise } from './figures.ts';
import type { CaseResult } from './measure.ts';
import type { MemoryRow, RegistryMemory } from './memory.ts';

/** Everything that was measured. */
export interface Measured {
  readonly results: readonly CaseResult[];
  readonly memory: readonly MemoryRow[];
  readonly registry: RegistryMemory;
}

/** Something that is to be reached, as a ratio within one run. */
export interface Target {
  readonly name: string;
  readonly measure: (measured: Measured) => Figure;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** How far from it a run may be that only looks for regressions of kind: O(n), a timer for each breaker. */
  readonly margin: number;
}

export interface Verdict {
  readonly name: string;
  readonly measured: Figure;
  readonly allowed: string;
  readonly isReached: boolean;
}

export const targets: readonly Target[] = [
  {
    name: 'failure: a window of 10 000 calls, of one of 10',
    measure: (measured) =>
      pairwise(
        times(measured, 'failure, COUNT_BASED 10 000', 'breakwater'),
        times(measured, 'failure, COUNT_BASED 10', 'breakwater'),
        (a, b) => a / b,
      ),
    bound: { atMost: 1.1 },
    margin: 2,
  },
  {
    name: "failure: opossum's with 10 000 calls in its window, of ours",
    measure: timeRatio('failure, COUNT_BASED 10 000', 'opossum', 'breakwater'),
    bound: { atLeast: 50 },
    margin: 2,
  },
  {
    name: "rejection while OPEN: opossum's, of ours",
    measure: timeRatio('rejection while OPEN', 'opossum', 'breakwater'),
    bound: { atLeast: 3 },
    margin: 2,
  },
  {
    name: "rejection while OPEN: cockatiel's, of ours",
    measure: timeRatio('rejection while OPEN', 'cockatiel', 'breakwater'),
    bound: { atLeast: 3 },
    margin: 2,
  },
  {
    name: "success, window of 100: mollitia's overhead, of ours",
    measure: overheadRatio('success, COUNT_BASED 100', 'mollitia', 'breakwater'),
    bound: { atLeast: 50 },
    margin: 3,
  },
  {
    name: "success, window of 10 000: mollitia's overhead, of ours",
    measure: overheadRatio('success, COUNT_BASED 10 000', 'mollitia', 'breakwater'),
    bound: { atLeast: 1_000 },
    margin: 3,
  },
  {
    name: 'memory of an idle COUNT_BASED 100, bytes',
    measure: ({ memory }) => figureOf([ours(memory).bytesIdle]),
    bound: { atMost: 2_048 },
    margin: 1.5,
  },
  {
    name: 'its growth in 100 000 calls, bytes',
    measure: ({ memory }) => figureOf([ours(memory).growthBytes]),
    // 5 KB over twenty of them: what the engine compiles meanwhile is not theirs.
    bound: { atMost: 256 },
    margin: 8,
  },
  {
    name: 'timers that an idle one holds',
    measure: ({ memory }) => figureOf([ours(memory).timersIdle]),
    bound: { atMost: 0 },
    margin: 1,
  },
  {
    name: 'timers that a registry of 10 000 holds',
    measure: ({ registry }) => figureOf([registry.timers]),
    bound: { atMost: 0 },
    margin: 1,
  },
];

/** @param isGuard allows each target its margin */
export function judge(measured: Measured, isGuard: boolean): readonly Verdict[] {
  return targets.map(({ name, measure, bound, margin }) => {
    const figure = measure(measured);
    const allowance = isGuard ? margin : 1;
    if ('atMost' in bound) {
      const limit = bound.atMost * allowance;
      return { name, measured: figure, allowed: `≤ ${limit}`, isReached: figure.median <= limit };
    }
    const limit = bound.atLeast / allowance;
    return { name, measured: figure, allowed: `≥ ${Number(limit.toFixed(1))}`, isReached: figure.median >= limit };
  });
}

type Contender = 'breakwater' | 'cockatiel' | 'opossum' | 'mollitia';

function overheadRatio(name: string, a: Contender, b: Contender): Target['measure'] {
  return (measured) => {
    const result = caseOf(measured, name);
    return pairwise(overheads(result, a), overheads(result, b), (one, other) => one / other);
  };
}

function timeRatio(name: string, a: Contender, b: Contender): Target['measure'] {
  return (measured) => pairwise(times(measured, name, a), times(measured, name, b), (one, other) => one / other);
}

function times(measured: Measured, name: string, library: Contender): readonly number[] {
  return caseOf(measured, name).nsPerCall[library] ?? [];
}

function caseOf({ results }: Measured, name: string): CaseResult {
  const result = results.find((each) => each.name === name);
  if (result === undefined) throw new Error(`There is no case '${name}'.`);
  return result;
}

function ours(memory: readonly MemoryRow[]): MemoryRow {
  const row = memory.find(({ library }) => library === 'breakwater');
  if (row === undefined) throw new Error('Our own memory was not measured.');
  return row;
}
