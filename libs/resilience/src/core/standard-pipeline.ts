import { sharedInstanceName } from './dynamic-instances.ts';
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
import type { Policy } from './policy.ts';
import type { Registry } from './registry.ts';
import { RetryBudget } from './retry/retry-budget.ts';

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
  return pipelineOf(name, overrides, (kind, options) => registries[kind].declare(name, options));
}

/**
 * Creates the standard pipelines of names that are known only at run time, such as those of origins. Their policies are
 * dynamic instances: each registry keeps at most `maxInstances`, removes idle ones, and shares one named `other` among
 * further names.
 *
 * @param overrides as for `standardPipeline`, for all names
 * @param registries hold the policies, for metrics and health; new ones by default
 * @returns the pipeline of a name; the same one as long as no registry has removed its policies
 * @throws InvalidOptionsError listing every fault of the options of a policy
 * @example
 * const pipelineOf = standardPipelines({ timeLimiter: { timeoutDuration: '2s' } });
 * await pipelineOf('api.example.com').execute(call);
 */
export function standardPipelines(
  overrides: StandardOptions = {},
  registries: PolicyRegistries = createRegistries(),
): (name: string) => Pipeline {
  // Without it, a registry that is full would share an instance with the default options of its kind.
  if (registries.retry.find(sharedInstanceName) === undefined) {
    standardPipeline(sharedInstanceName, overrides, registries);
  }
  const kinds = [...mergedOptions(sharedInstanceName, overrides).keys()];
  const outermost = pipelineKindsOf().find((kind) => kinds.includes(kind));
  const pipelines = new WeakMap<object, Pipeline>();
  return (name) => {
    const first = registries[outermost!].find(name);
    const known = first && pipelines.get(first);
    if (known !== undefined && kinds.every((kind) => isMemberOf(known, registries[kind], name))) return known;
    const created = pipelineOf(name, overrides, (kind, options) => {
      const registry: Registry = registries[kind];
      return registry.find(name) === undefined ? registry.getOrCreate(name, options) : registry.getOrCreate(name);
    });
    pipelines.set(created.policies[0]!, created);
    return created;
  };
}

/** Whether the pipeline has the registry's instance of this name, whose calls the registry sees. A budget is never removed. */
function isMemberOf(pipeline: Pipeline, registry: Registry, name: string): boolean {
  const instance: object | undefined = registry.find(name);
  return pipeline.policies.includes(instance as Policy) || instance instanceof RetryBudget;
}

function pipelineOf(
  name: string,
  overrides: StandardOptions,
  instanceOf: (kind: PolicyKind, options: object) => object,
): Pipeline {
  const merged = mergedOptions(name, overrides);
  // First, because the retry would create it with the default options.
  instanceOf('retryBudget', merged.get('retryBudget')!);
  const kinds = pipelineKindsOf().filter((kind) => merged.has(kind));
  const members = kinds.map((kind) => [kind, instanceOf(kind, merged.get(kind)!)]);
  return definePipeline(name, Object.fromEntries(members) as PipelineDefinition);
}

/** The options of every policy of a standard pipeline, by kind. */
function mergedOptions(name: string, overrides: StandardOptions): ReadonlyMap<PolicyKind, object> {
  const standard: StandardOptions = standardOptions(name);
  return new Map(
    policies.flatMap(({ kind, options: { rules } }) => {
      const [base, own] = [standard[kind], overrides[kind]];
      if (base === undefined && own === undefined) return [];
      const both = mergeOptions<object>(rules, base ?? {}, own ?? {});
      return [[kind, kind === 'retry' ? withStandardWaits(both) : both] as const];
    }),
  );
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
