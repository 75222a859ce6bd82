import { adaptiveConcurrencyLimiterDefinition } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.definition.ts';
import { bulkheadDefinition } from './bulkhead/bulkhead.definition.ts';
import { cachedFallbackDefinition } from './cached-fallback/cached-fallback.definition.ts';
import { circuitBreakerDefinition } from './circuit-breaker/circuit-breaker.definition.ts';
import { endpointPoolDefinition } from './endpoint-pool/endpoint-pool.definition.ts';
import { fallbackDefinition } from './fallback/fallback.definition.ts';
import type { FollowableRegistry } from './follow-registry.ts';
import { hedgeDefinition } from './hedge/hedge.definition.ts';
import type { PolicyDefinition, PolicyTable } from './policy-definition.ts';
import type { Policy } from './policy.ts';
import { rateLimiterDefinition } from './rate-limiter/rate-limiter.definition.ts';
import { Registry, type RegistryDefinitions } from './registry.ts';
import { retryBudgetDefinition } from './retry/retry-budget.definition.ts';
import { retryDefinition } from './retry/retry.definition.ts';
import { timeLimiterDefinition } from './time-limiter/time-limiter.definition.ts';
import { totalDeadlineDefinition } from './time-limiter/total-deadline.definition.ts';

/**
 * Every kind of policy, in the default order of a pipeline, outermost first. The order is that of Resilience4j's Spring
 * integration, with a place for what Resilience4j does not have:
 *
 * - `retryBudget` is no policy; it comes first because `retry` and `hedge` draw on it.
 * - `fallback` applies when all else has failed, `cachedFallback` before it: a stale value is better than a substitute.
 * - `deadline` limits the call with all its attempts and the waits between them.
 * - `retry` passes through the circuit breaker with each attempt, and stops when the circuit breaker refuses.
 * - `circuitBreaker` records the result of one attempt. Refusals of the policies inside it are not recorded.
 * - `hedge` is inside it: one result, recorded once. Each hedged attempt passes through the policies further inside, so that
 *   it counts against the dependency's quota and has a time limit and a permit of its own.
 * - `rateLimiter` is outside the time limiter: waiting for the quota takes no time from the call.
 * - `timeLimiter` is outside the bulkhead: waiting for a permit counts against the time limit, and a call that continues
 *   after its timeout keeps its permit until it has ended.
 * - `bulkhead` is the configured upper bound.
 * - `adaptiveConcurrencyLimiter` measures the latency of the dependency, not of our queues.
 * - `endpointPool` is next to the call. It chooses an endpoint for each attempt of the retry and the hedge, when the attempt
 *   has all its permits, so that the choice is not outdated by a wait and the latency is that of the endpoint alone. Inside
 *   the time limiter, a call that continues after its timeout counts as in flight at its endpoint until it has ended, and
 *   the signal shows the timeout, which is a failure of the endpoint.
 */
export const policies = Object.freeze([
  retryBudgetDefinition,
  fallbackDefinition,
  cachedFallbackDefinition,
  totalDeadlineDefinition,
  retryDefinition,
  circuitBreakerDefinition,
  hedgeDefinition,
  rateLimiterDefinition,
  timeLimiterDefinition,
  bulkheadDefinition,
  adaptiveConcurrencyLimiterDefinition,
  endpointPoolDefinition,
] as const);

type Definitions = { readonly [D in (typeof policies)[number] as D['kind']]: D };

/** Which policy, as code and configuration in code spell it, e.g. `circuitBreaker`. */
export type PolicyKind = keyof Definitions;

/** The instances of a kind, e.g. `Bulkhead`. */
export type PolicyOf<K extends PolicyKind> = ReturnType<Definitions[K]['create']>;

/** The options of a kind, e.g. `BulkheadOptions`. */
export type PolicyOptionsOf<K extends PolicyKind> = Parameters<Definitions[K]['create']>[1];

/** What the instances of a kind get in addition to their options. */
export type PolicyEnvironmentOf<K extends PolicyKind> = Parameters<Definitions[K]['create']>[2];

/** The kinds that can be part of a pipeline. */
export type PipelineKind = { [K in PolicyKind]: PolicyOf<K> extends Policy ? K : never }[PolicyKind];

/** The registry of a kind. */
export type PolicyRegistry<K extends PolicyKind> = Registry<PolicyOf<K>, PolicyOptionsOf<K>>;

/** The registries of all kinds. */
export type PolicyRegistries = { readonly [K in PolicyKind]: PolicyRegistry<K> };

/** Registries of some kinds, whose instances something observes, e.g. as metrics. */
export type FollowableRegistries = { readonly [K in PolicyKind]?: FollowableRegistry<PolicyOf<K>> | undefined };

/** The options of named configurations and instances of all kinds. */
export type PolicyDefinitions = { readonly [K in PolicyKind]: RegistryDefinitions<PolicyOptionsOf<K>> };

/** The kinds of a table, in its order. */
export function kindsOf(table: PolicyTable = policies): readonly PolicyKind[] {
  return table.map(({ kind }) => kind as PolicyKind);
}

/** The kinds of a table that can be part of a pipeline, outermost first. */
export function pipelineKindsOf(table: PolicyTable = policies): readonly PipelineKind[] {
  return table.filter(({ inPipeline }) => inPipeline).map(({ kind }) => kind as PipelineKind);
}

/**
 * The registry of a kind of policy.
 *
 * @param kind which policy, e.g. `bulkhead`
 * @param definitions named configurations, and the options of instances
 * @param environment the clock and what else the instances need; real time by default
 * @throws InvalidOptionsError listing every fault of every definition
 * @throws ConfigurationNotFoundError when a definition builds on a configuration that does not exist
 *
 * @example
 * const bulkheads = createRegistry('bulkhead', { instances: { customer: { maxConcurrentCalls: 20 } } });
 * const customer = bulkheads.getOrCreate('customer');
 */
export function createRegistry<K extends PolicyKind>(
  kind: K,
  definitions: RegistryDefinitions<PolicyOptionsOf<K>> = {},
  environment: PolicyEnvironmentOf<K> = {},
): PolicyRegistry<K> {
  const definition: PolicyDefinition | undefined = policies.find((candidate) => candidate.kind === kind);
  if (definition === undefined)
    throw new RangeError(`There is no policy '${kind}'; there are ${kindsOf().join(', ')}.`);
  return new Registry(definition, definitions, environment) as unknown as PolicyRegistry<K>;
}

type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

/** What the instances of all kinds get in addition to their options. */
export type SharedEnvironment = Omit<
  UnionToIntersection<{ [K in PolicyKind]: PolicyEnvironmentOf<K> }[PolicyKind]>,
  'retryBudgets'
>;

/**
 * The registries of all kinds, which share one environment: retries and hedges draw on the same retry budgets.
 *
 * @param definitions named configurations and the options of instances, by kind; what `loadResilienceConfig` returns
 * @param environment the clock and what else the instances need; real time by default
 * @param table the policies; those of this library by default
 * @throws InvalidOptionsError listing every fault of the definitions of a kind
 */
export function createRegistries(
  definitions: Partial<PolicyDefinitions> = {},
  environment: SharedEnvironment = {},
  table: PolicyTable = policies,
): PolicyRegistries {
  const registries: Record<string, Registry> = {};
  for (const definition of table) {
    const kind = definition.kind as PolicyKind;
    const shared = registriesInEnvironment(kind, (other) => registries[other], table);
    registries[kind] = new Registry(definition, definitions[kind], { ...environment, ...shared });
  }
  return registries as unknown as PolicyRegistries;
}

/** The part of an environment that definitions further up the table provide: their registries, by `environmentKey`. */
export function registriesInEnvironment(
  kind: string,
  registryOf: (kind: string) => unknown,
  table: PolicyTable = policies,
): object {
  const above = table.slice(
    0,
    table.findIndex((definition) => definition.kind === kind),
  );
  const shared = above.flatMap(({ kind: other, environmentKey }) =>
    environmentKey === undefined ? [] : [[environmentKey, registryOf(other)] as const],
  );
  return Object.fromEntries(shared);
}

const tokens = new Map<string, unknown>();

/**
 * A class that stands for the registry of a kind where dependency injection takes classes as tokens.
 *
 * @example
 * const bulkheads = application.get(registryToken('bulkhead'));
 */
export function registryToken<K extends PolicyKind>(kind: K): new () => PolicyRegistry<K> {
  let token = tokens.get(kind);
  if (token === undefined) {
    // Named, because error messages of the container show it.
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Registry`;
    token = { [name]: class extends Registry {} }[name];
    tokens.set(kind, token);
  }
  return token as new () => PolicyRegistry<K>;
}
