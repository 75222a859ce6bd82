import { parseDuration } from './duration.ts';
import { IntervalFunction } from './interval-function.ts';
import { mergeOptions } from './options.ts';
import { definePipeline, type Pipeline, type PipelineDefinition } from './pipeline.ts';
import {
  createRegistries,
  pipelineKindsOf,
  type PolicyKind,
  type PolicyOptionsOf,
  type PolicyRegistries,
  policies,
} from './policies.ts';

/** The waits between attempts: exponential and randomized. */
export const standardBackoff = { multiplier: 2, randomizationFactor: 0.5, maxWaitMs: 10_000 } as const;

/** The options of the policies of a standard pipeline, by kind. */
export type StandardOptions = { readonly [K in PolicyKind]?: PolicyOptionsOf<K> };

/**
 * The policies of a standard pipeline with the options that differ from the defaults of their kinds. `docs/configuration.md`
 * compares them with those of .NET.
 *
 * @param name of the pipeline and of all its policies
 */
export function standardOptions(name: string) {
  return {
    deadline: { timeoutDuration: 30_000 },
    retryBudget: {},
    retry: { classification: 'http', maxAttempts: 3, waitDuration: 500, retryBudget: name },
    circuitBreaker: {
      classification: 'http',
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 30,
      minimumNumberOfCalls: 20,
      failureRateThreshold: 50,
      waitDurationInOpenState: 5_000,
      permittedNumberOfCallsInHalfOpenState: 3,
    },
    timeLimiter: { timeoutDuration: 10_000 },
    bulkhead: { maxConcurrentCalls: 100, maxWaitDuration: 0 },
  } as const satisfies StandardOptions;
}

/**
 * Creates the standard pipeline for calls of an HTTP service: total deadline → retry within a budget → circuit breaker →
 * attempt timeout (`timeLimiter`) → bulkhead. Retry and circuit breaker judge outcomes alike (`classifyOutcome`).
 *
 * The retry obeys `Retry-After` and repeats only requests that may be repeated: pass the request in the context of the
 * call. A request that is not known is not repeated, which is reported once.
 *
 * A `retry.waitDuration` in the overrides is the first wait; it grows and is randomized like the default one. Give an
 * `intervalFunction` for other waits.
 *
 * @param name of the pipeline and of its policies, usually the name of a dependency
 * @param overrides options by kind, on top of the defaults; a kind that the standard does not have, such as `fallback` or
 *   `rateLimiter`, is added in the default order
 * @param registries hold the policies, for metrics and health; new ones by default
 * @throws InvalidOptionsError listing every fault of the options of a policy
 * @throws ConflictingDefinitionError when a registry has an instance of this name with other options
 * @example
 * const payments = standardPipeline('payments', { deadline: { timeoutDuration: '5s' } });
 * const request = { method: 'POST', hasIdempotencyKey: true };
 * await payments.execute(({ signal }) => fetch(url, { method: 'POST', headers, body, signal }), { request });
 */
export function standardPipeline(
  name: string,
  overrides: StandardOptions = {},
  registries: PolicyRegistries = createRegistries(),
): Pipeline {
  const standard: StandardOptions = standardOptions(name);
  const merged = Object.fromEntries(
    policies.flatMap(({ kind, options: { rules } }) => {
      const [base, own] = [standard[kind], overrides[kind]];
      if (base === undefined && own === undefined) return [];
      const both = mergeOptions<object>(rules, base ?? {}, own ?? {});
      return [[kind, kind === 'retry' ? withStandardWaits(both) : both]];
    }),
  );
  if ('retryBudget' in merged) registries.retryBudget.declare(name, merged['retryBudget']);
  const kinds = pipelineKindsOf().filter((kind) => kind in merged);
  const members = kinds.map((kind) => [kind, registries[kind].declare(name, merged[kind])]);
  return definePipeline(name, Object.fromEntries(members) as PipelineDefinition);
}

/** Replaces a constant wait by one that grows and is randomized. */
function withStandardWaits(options: PolicyOptionsOf<'retry'>): PolicyOptionsOf<'retry'> {
  const { waitDuration, ...others } = options;
  if (waitDuration === undefined || parseDuration(waitDuration) === 0) return options;
  const { multiplier, randomizationFactor, maxWaitMs } = standardBackoff;
  const intervalFunction = IntervalFunction.ofExponentialRandomBackoff(
    waitDuration,
    multiplier,
    randomizationFactor,
    maxWaitMs,
  );
  return { ...others, intervalFunction };
}
