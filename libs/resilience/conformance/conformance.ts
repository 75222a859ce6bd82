import type { CircuitBreakerTrace } from './circuit-breaker.trace.ts';
import { replayBulkheadTraces } from './bulkhead.replay.ts';
import type { BulkheadTrace } from './bulkhead.trace.ts';
import { replayCircuitBreakerTraces } from './circuit-breaker.replay.ts';
import { type ConfigValidationTrace, replayConfigValidation } from './config-validation.replay.ts';
import type { ReplayResult } from './difference.ts';
import { replayRateLimiterTraces } from './rate-limiter.replay.ts';
import type { RateLimiterTrace } from './rate-limiter.trace.ts';
import { replayRetryTraces } from './retry.replay.ts';
import type { RetryTrace } from './retry.trace.ts';
import { readTraces } from './trace-files.ts';

/** The project's own copy of the traces. */
export const ownTraces = new URL('traces/', import.meta.url);

/** Each file of traces, by its name without ending, and how its lines are replayed. */
const replays: Readonly<Record<string, (folder: string, name: string) => Promise<ReplayResult>>> = {
  'circuit-breaker': (folder, name) => replayCircuitBreakerTraces(readTraces<CircuitBreakerTrace>(folder, name)),
  scenarios: (folder, name) => replayCircuitBreakerTraces(readTraces<CircuitBreakerTrace>(folder, name)),
  'rate-limiter': (folder, name) => replayRateLimiterTraces(readTraces<RateLimiterTrace>(folder, name)),
  bulkhead: (folder, name) => replayBulkheadTraces(readTraces<BulkheadTrace>(folder, name)),
  retry: (folder, name) => replayRetryTraces(readTraces<RetryTrace>(folder, name)),
  'config-validation': (folder, name) => replayConfigValidation(readTraces<ConfigValidationTrace>(folder, name)),
};

/** Replays the files of a folder one after the other; a file that is missing counts no traces. */
export async function* replayFolder(folder: string): AsyncGenerator<{ name: string; result: ReplayResult }> {
  for (const [name, replay] of Object.entries(replays)) yield { name, result: await replay(folder, name) };
}
