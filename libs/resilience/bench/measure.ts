import { Bench } from 'tinybench';
import type { BenchCase, Library, Operation, Subject } from './case.ts';

/** How thoroughly it is measured. */
export interface Effort {
  /** How many times each library has its turn. */
  readonly rounds: number;
  /** How many samples make a turn. */
  readonly samples: number;
}

export const thorough: Effort = { rounds: 11, samples: 15 };
export const brief: Effort = { rounds: 5, samples: 8 };

const usualCallsPerSample = 2_000;

/** What a call took in each round, in nanoseconds: a list for each library, all of the same length. */
export interface CaseResult {
  readonly name: string;
  readonly remark?: string | undefined;
  readonly nsPerCall: { readonly [L in Library]?: readonly number[] };
}

/**
 * Measures a case. The libraries take turns, each round in another order, so that what disturbs the machine disturbs them
 * all, and what the first one warms up does not favour the others.
 */
export async function measureCase({ name, remark, subjects }: BenchCase, effort: Effort): Promise<CaseResult> {
  const made = Object.entries(await subjects()) as [Library, Subject][];
  try {
    for (const [, subject] of made) await turnOf(subject, effort.samples);
    const nsPerCall = Object.fromEntries(made.map(([library]) => [library, [] as number[]]));
    for (let round = 0; round < effort.rounds; round++) {
      for (const [library, subject] of rotated(made, round)) {
        nsPerCall[library]?.push(await turnOf(subject, effort.samples));
      }
    }
    return { name, remark, nsPerCall };
  } finally {
    for (const [, { dispose }] of made) dispose?.();
  }
}

/** The median of the samples of one turn, in nanoseconds for each call. */
async function turnOf({ operation, callsPerSample = usualCallsPerSample }: Subject, samples: number): Promise<number> {
  const bench = new Bench({ time: 0, iterations: samples, warmup: false, throws: true });
  bench.add('calls', async () => repeat(operation, callsPerSample), { async: true });
  const [task] = await bench.run();
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`A bench did not end: ${result?.state}`);
  return (result.latency.p50 * 1e6) / callsPerSample;
}

/** One call after the other. The loop is the same function for all, and so costs them the same. */
async function repeat(operation: Operation, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) await operation();
}

function rotated<T>(values: readonly T[], by: number): readonly T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
