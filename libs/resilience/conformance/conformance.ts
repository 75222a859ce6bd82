import { type BulkheadTrace, replayBulkheadTrace } from './bulkhead.replay.ts';
import { replayCircuitBreakerTrace } from './circuit-breaker.replay.ts';
import type { CircuitBreakerTrace } from './circuit-breaker.trace.ts';
import { type ConfigValidationTrace, replayConfigValidation } from './config-validation.replay.ts';
import { amended } from './quirks.ts';
import { type RateLimiterTrace, replayRateLimiterTrace } from './rate-limiter.replay.ts';
import { replayRetryTrace } from './retry.replay.ts';
import type { RetryTrace } from './retry.trace.ts';
import { type Difference, readTraces, type ReplayResult } from './traces.ts';

/** The project's copy of the traces. */
export const ownTraces = new URL('traces/', import.meta.url);

/** How the traces of a file are replayed. */
interface TraceFile<T> {
  /** @returns the first difference, or `undefined` when the whole trace is identical */
  readonly replay: (trace: T) => Difference | undefined | Promise<Difference | undefined>;
  readonly stepsOf: (trace: T) => number;
}

const circuitBreakerFile: TraceFile<CircuitBreakerTrace> = {
  replay: (trace) => replayCircuitBreakerTrace(amended(trace)),
  stepsOf: ({ steps }) => steps.length,
};
const rateLimiterFile: TraceFile<RateLimiterTrace> = {
  replay: replayRateLimiterTrace,
  stepsOf: ({ steps }) => steps.length,
};
const bulkheadFile: TraceFile<BulkheadTrace> = { replay: replayBulkheadTrace, stepsOf: ({ steps }) => steps.length };
const retryFile: TraceFile<RetryTrace> = {
  replay: replayRetryTrace,
  stepsOf: (trace) => (trace.kind === 'interval' ? trace.intervals.length : trace.executions.length),
};
const configValidationFile: TraceFile<ConfigValidationTrace> = { replay: replayConfigValidation, stepsOf: () => 1 };

/** By the name of the file without its ending. */
const files: Readonly<Record<string, (folder: string, name: string) => Promise<ReplayResult>>> = {
  'circuit-breaker': replayed(circuitBreakerFile),
  scenarios: replayed(circuitBreakerFile),
  'rate-limiter': replayed(rateLimiterFile),
  bulkhead: replayed(bulkheadFile),
  retry: replayed(retryFile),
  'config-validation': replayed(configValidationFile),
};

/** Replays the files of a folder one after the other. A missing file has no traces. */
export async function* replayFolder(folder: string): AsyncGenerator<{ name: string; result: ReplayResult }> {
  for (const [name, replayFile] of Object.entries(files)) yield { name, result: await replayFile(folder, name) };
}

function replayed<T>({ replay, stepsOf }: TraceFile<T>) {
  return async (folder: string, name: string): Promise<ReplayResult> => {
    const differences: Difference[] = [];
    let traces = 0;
    let steps = 0;
    for await (const trace of readTraces<T>(folder, name)) {
      const difference = await replay(trace);
      if (difference !== undefined) differences.push(difference);
      traces++;
      steps += stepsOf(trace);
    }
    return { traces, steps, differences };
  };
}
