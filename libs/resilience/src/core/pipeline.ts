import { InvalidOptionsError, type OptionFault } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import {
  type CallContext,
  decorateCall,
  invokeCall,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from './policy.ts';

/**
 * Policies around a call, outermost first: `[a, b]` runs `a(b(call))`. It is a policy itself, so pipelines nest, and an
 * empty one changes nothing. What a pipeline is made of is settled when it is made.
 */
export class Pipeline implements Policy {
  readonly name: string;
  /** Outermost first. */
  readonly policies: readonly Policy[];
  /** The same with pipelines among them taken apart, which saves calls the way through them. */
  readonly #steps: readonly Policy[];

  /**
   * @param name what is protected, usually the name of a dependency
   * @param policies outermost first
   */
  constructor(name: string, policies: readonly Policy[]) {
    this.name = name;
    this.policies = Object.freeze([...policies]);
    this.#steps = policies.flatMap((policy) => (isPlain(policy) ? policy.#steps : policy));
  }

  /**
   * Runs `call` under all policies.
   *
   * @throws what `call` threw, or a ResilienceError of one of the policies
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    let entered = call;
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      const policy = this.#steps[at]!;
      const inner = entered;
      entered = (given) => policy.execute(inner, given);
    }
    return invokeCall(entered, toCallContext(context));
  }

  /** The same function under this pipeline; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * The order as it reads in code, e.g. `retry(circuitBreaker(call))`. A policy whose name is not the pipeline's is shown
   * with it: `retry[patient](circuitBreaker(call))`.
   */
  describe(): string {
    return this.policies.reduceRight((inner, policy) => describePolicy(policy, this.name, inner), 'call');
  }

  /** Its name and order, e.g. `customer: retry(circuitBreaker(call))`. */
  toString(): string {
    return `${this.name}: ${this.describe()}`;
  }
}

/** Whether it is a pipeline, and not one that somebody has given a way of its own to make calls. */
function isPlain(policy: Policy): policy is Pipeline {
  return policy instanceof Pipeline && policy.execute === Pipeline.prototype.execute;
}

/**
 * A pipeline in any order that is wanted.
 *
 * @param name what is protected, usually the name of a dependency
 * @param policies outermost first
 */
export function pipeline(name: string, policies: readonly Policy[]): Pipeline {
  return new Pipeline(name, policies);
}

/**
 * The order of `definePipeline`, outermost first. It is that of Resilience4j's Spring integration, with a place for what
 * Resilience4j does not have:
 *
 * - `fallback` answers when all else has failed, `cachedFallback` before it, since the last good answer is a better one.
 * - `retry` goes through the circuit breaker anew with each attempt, and stops when that refuses.
 * - `circuitBreaker` judges what the rest makes of one attempt. Refusals of the policies inside say nothing to it.
 * - `hedge` is inside of it: one answer, one verdict. The policies further inside meet each of its calls, so that a hedge
 *   counts against the dependency's quota and has time and a place of its own.
 * - `rateLimiter` before the time limiter: waiting for the quota takes no time from the call.
 * - `timeLimiter` outside the bulkhead: it is no use to wait long for a place, and a call that goes on after its time
 *   keeps its place until it has really ended.
 * - `bulkhead` is the upper bound that somebody has set.
 * - `adaptiveConcurrencyLimiter` is next to the call: it measures how long the dependency takes, and not how long calls
 *   wait for us.
 */
export const defaultOrder = Object.freeze([
  'fallback',
  'cachedFallback',
  'retry',
  'circuitBreaker',
  'hedge',
  'rateLimiter',
  'timeLimiter',
  'bulkhead',
  'adaptiveConcurrencyLimiter',
] as const);

/** The policies of a pipeline in the default order, by their places. A pipeline can take a place, too. */
export type PipelineDefinition = { readonly [Place in (typeof defaultOrder)[number]]?: Policy | undefined };

/**
 * A pipeline in the default order: `fallback(retry(circuitBreaker(rateLimiter(timeLimiter(bulkhead(call))))))`, with those
 * that are given, in whatever order they are written. For another order use `pipeline`.
 *
 * @param name what is protected, usually the name of a dependency
 * @param policies by their places in `defaultOrder`
 * @throws InvalidOptionsError when a place does not exist, or what is in it is no policy
 * @example
 * const customer = definePipeline('customer', { retry, circuitBreaker, timeLimiter });
 * customer.describe(); // retry(circuitBreaker(timeLimiter(call)))
 */
export function definePipeline(name: string, policies: PipelineDefinition): Pipeline {
  const given = Object.entries<unknown>(policies).filter(([, policy]) => policy !== undefined);
  const faults = given.flatMap(([place, policy]) => faultsOf(place, policy));
  if (faults.length > 0) throw new InvalidOptionsError(`Pipeline '${name}'`, faults);
  return new Pipeline(
    name,
    defaultOrder.map((place) => policies[place]).filter((policy) => policy !== undefined),
  );
}

function faultsOf(place: string, policy: unknown): readonly OptionFault[] {
  if (!defaultOrder.some((known) => known === place)) {
    const meant = nearestName(place, [...defaultOrder]);
    const allowed = meant === undefined ? defaultOrder.join(', ') : `${meant}, if that is what you meant`;
    return [{ option: place, given: 'not a place in the default order', allowed }];
  }
  const isPolicy = typeof policy === 'object' && policy !== null && 'execute' in policy;
  return isPolicy ? [] : [{ option: place, given: String(policy), allowed: 'a policy' }];
}

function describePolicy(policy: Policy, pipelineName: string, inner: string): string {
  if (policy instanceof Pipeline) {
    return policy.policies.reduceRight((rest, nested) => describePolicy(nested, pipelineName, rest), inner);
  }
  const kind = kindOf(policy);
  const name = policy.name === pipelineName || policy.name === kind ? '' : `[${policy.name}]`;
  return `${kind}${name}(${inner})`;
}

/** What a policy calls its kind, else the name of its class. One that has neither is known by its own name alone. */
function kindOf(policy: Policy): string {
  if ('kind' in policy && typeof policy.kind === 'string') return policy.kind;
  const className = policy.constructor.name;
  if (className === 'Object' || className === '') return policy.name;
  return className.charAt(0).toLowerCase() + className.slice(1);
}
