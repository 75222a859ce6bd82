import type { AdapterCost, Transport } from './adapters.ts';
import { type CaseResult, type Figure, figureOf, overheads, pairwise } from './measure.ts';
import type { MemoryRow, RegistryMemory } from './memory.ts';
import type { Library } from './subjects.ts';

/** All measurements of a run. */
export interface Measured {
  readonly results: readonly CaseResult[];
  readonly memory: readonly MemoryRow[];
  readonly registry: RegistryMemory;
  readonly adapters: readonly AdapterCost[];
}

/** A bound for a figure of one run: a ratio, a size, or a difference between arms that took turns. */
export interface Target<M = Measured> {
  readonly name: string;
  readonly measure: (measured: M) => Figure;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** The factor by which a guard run may miss the bound: it only detects regressions such as O(n) or a timer per breaker. */
  readonly margin: number;
}

export interface TargetResult {
  readonly name: string;
  readonly measured: Figure;
  readonly allowed: string;
  readonly isReached: boolean;
}

/** The targets of the adapters, which can be measured alone. */
export const adapterTargets: readonly Target<Pick<Measured, 'adapters'>>[] = [
  {
    name: 'dearest adapter, over loopback: µs added to a request',
    measure: worstAdapter('loopback'),
    bound: { atMost: 60 },
    margin: 4,
  },
  {
    name: 'dearest adapter, in a loop: µs added to a request',
    measure: worstAdapter('none'),
    bound: { atMost: 10 },
    margin: 4,
  },
];

const perTurn = 'one call per turn of the event loop';

export const targets: readonly Target[] = [
  ...[`success, ${perTurn}`, `failure, ${perTurn}`, 'success, COUNT_BASED 100', 'failure, COUNT_BASED 100'].map(
    (name): Target => ({
      name: `${name}: ns added / (1.2 × cockatiel's + two readings of the clock)`,
      measure: (measured) => {
        const result = caseOf(measured, name);
        const [theirs, clock] = [overheads(result, 'cockatiel'), overheads(result, 'clock')];
        const allowed = theirs.map((value, round) => 1.2 * value + (clock[round] ?? Number.NaN));
        return pairwise(overheads(result, 'breakwater'), allowed, (a, b) => a / b);
      },
      bound: { atMost: 1 },
      margin: 3,
    }),
  ),
  ...['full pipeline', `full pipeline, ${perTurn}`].map((name): Target => ({
    name: `${name}: ns added / opossum's`,
    measure: overheadRatio(name, 'breakwater', 'opossum'),
    bound: { atMost: 1 },
    margin: 3,
  })),
  ...['circuit breaker', 'full pipeline'].map((policies): Target => ({
    name: `HTTP request over loopback, ${policies}: ns added / distance of the bare request's quartiles`,
    measure: (measured) => {
      const result = caseOf(measured, `HTTP request over loopback, ${policies}`);
      const { lower, upper } = figureOf(result.bareSamplesNs ?? []);
      return figureOf(overheads(result, 'breakwater').map((ns) => ns / (upper - lower)));
    },
    bound: { atMost: 1 },
    margin: 5,
  })),
  ...adapterTargets,
  {
    name: 'failure: time with a window of 10 000 calls / with a window of 10',
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
    name: "failure, 10 000 calls in the window: opossum's time / ours",
    measure: timeRatio('failure, COUNT_BASED 10 000', 'opossum', 'breakwater'),
    bound: { atLeast: 50 },
    margin: 2,
  },
  {
    name: "rejection while OPEN: opossum's time / ours",
    measure: timeRatio('rejection while OPEN', 'opossum', 'breakwater'),
    bound: { atLeast: 3 },
    margin: 2,
  },
  {
    name: "rejection while OPEN: cockatiel's time / ours",
    measure: timeRatio('rejection while OPEN', 'cockatiel', 'breakwater'),
    bound: { atLeast: 3 },
    margin: 2,
  },
  {
    name: "success, window of 100: mollitia's overhead / ours",
    measure: overheadRatio('success, COUNT_BASED 100', 'mollitia', 'breakwater'),
    bound: { atLeast: 50 },
    margin: 3,
  },
  {
    name: "success, window of 10 000: mollitia's overhead / ours",
    measure: overheadRatio('success, COUNT_BASED 10 000', 'mollitia', 'breakwater'),
    bound: { atLeast: 1_000 },
    margin: 3,
  },
  {
    // The only bound that depends on the machine: no other library does the same work.
    name: 'endpoint pool, 3 endpoints: nanoseconds added to a call',
    measure: (measured) => figureOf([...overheads(caseOf(measured, 'endpoint pool, 3 endpoints'), 'breakwater')]),
    bound: { atMost: 300 },
    margin: 5,
  },
  {
    name: 'bytes of an idle COUNT_BASED 100',
    measure: ({ memory }) => figureOf([ours(memory).bytesIdle]),
    bound: { atMost: 2_048 },
    margin: 1.5,
  },
  {
    name: 'its growth in 100 000 calls, bytes',
    measure: ({ memory }) => figureOf([ours(memory).growthBytes]),
    // 5 KB over twenty circuit breakers, which includes what V8 compiles meanwhile.
    bound: { atMost: 256 },
    margin: 8,
  },
  {
    name: 'timers of an idle circuit breaker',
    measure: ({ memory }) => figureOf([ours(memory).timersIdle]),
    bound: { atMost: 0 },
    margin: 1,
  },
  {
    name: 'timers of a registry of 10 000',
    measure: ({ registry }) => figureOf([registry.timers]),
    bound: { atMost: 0 },
    margin: 1,
  },
];

/** @param isGuard applies the margin of each target */
export function judge(measured: Measured, isGuard: boolean): readonly TargetResult[] {
  return judgeBy(targets, measured, isGuard);
}

/** @param by the targets that the measurements are judged by */
export function judgeBy<M>(by: readonly Target<M>[], measured: M, isGuard: boolean): readonly TargetResult[] {
  return by.map(({ name, measure, bound, margin }) => {
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

type Competitor = Exclude<Library, 'bare'>;

function overheadRatio(name: string, a: Competitor, b: Competitor): Target['measure'] {
  return (measured) => {
    const result = caseOf(measured, name);
    return pairwise(overheads(result, a), overheads(result, b), (one, other) => one / other);
  };
}

function timeRatio(name: string, a: Competitor, b: Competitor): Target['measure'] {
  return (measured) => pairwise(times(measured, name, a), times(measured, name, b), (one, other) => one / other);
}

/** The figure of the adapter that adds most. */
function worstAdapter(transport: Transport): Target<Pick<Measured, 'adapters'>>['measure'] {
  return ({ adapters }) => {
    const added = adapters.filter((each) => each.transport === transport).map(({ addedUs }) => addedUs);
    return added.reduce((worst, each) => (each.median > worst.median ? each : worst));
  };
}

function times(measured: Measured, name: string, library: Competitor): readonly number[] {
  return caseOf(measured, name).nsPerCall[library] ?? [];
}

function caseOf({ results }: Measured, name: string): CaseResult {
  const result = results.find((each) => each.name === name);
  if (result === undefined) throw new Error(`Case '${name}' does not exist.`);
  return result;
}

function ours(memory: readonly MemoryRow[]): MemoryRow {
  const row = memory.find(({ library }) => library === 'breakwater');
  if (row === undefined) throw new Error('The memory of breakwater was not measured.');
  return row;
}
