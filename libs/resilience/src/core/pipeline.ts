import { InvalidOptionsError, type OptionFault } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { type PipelineKind, pipelineKindsOf, policies } from './policies.ts';
import type { PolicyTable } from './policy-definition.ts';
import {
  type CallContext,
  decorateCall,
  invokeCall,
  isKeyed,
  type KeyedCallOptions,
  type KeyedPolicy,
  type Policy,
  type ProtectedCall,
  toCallContext,
} from './policy.ts';

/**
 * Policies around a call, outermost first: `[a, b]` runs `a(b(call))`. It is a policy itself, so pipelines nest, and an
 * empty one changes nothing. What a pipeline is made of is settled when it is made.
 */
export class Pipeline implements KeyedPolicy {
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

  /**
   * This pipeline for calls with this key, for the policies in it that have a use for one: cached fallbacks.
   *
   * @param key what the calls ask for
   */
  withKey<T = unknown>(key: string, options?: KeyedCallOptions<T>): Pipeline {
    return new Pipeline(
      this.name,
      this.policies.map((policy) => (isKeyed(policy) ? policy.withKey(key, options) : policy)),
    );
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

/** The order of `definePipeline`, outermost first: that of the table of `policies`. */
export const defaultOrder: readonly PipelineKind[] = Object.freeze(pipelineKindsOf());

/** The policies of a pipeline in the default order, by kind. A pipeline can stand in for a policy of any kind. */
export type PipelineDefinition = { readonly [K in PipelineKind]?: Policy | undefined };

/**
 * A pipeline in the default order: `fallback(retry(circuitBreaker(rateLimiter(timeLimiter(bulkhead(call))))))`, with those
 * policies that are given, in any order. For another order use `pipeline`.
 *
 * @param name what is protected, usually the name of a dependency
 * @param given policies by kind
 * @param table the kinds in their order; `policies` by default
 * @throws InvalidOptionsError when a kind does not exist, or a value is no policy
 * @example
 * const customer = definePipeline('customer', { retry, circuitBreaker, timeLimiter });
 * customer.describe(); // retry(circuitBreaker(timeLimiter(call)))
 */
export function definePipeline(name: string, given: PipelineDefinition, table: PolicyTable = policies): Pipeline {
  const kinds = pipelineKindsOf(table);
  const faults = Object.entries<unknown>(given).flatMap(([kind, policy]) =>
    policy === undefined ? [] : faultsOf(kind, policy, kinds),
  );
  if (faults.length > 0) throw new InvalidOptionsError(`Pipeline '${name}'`, faults);
  return new Pipeline(
    name,
    kinds.map((kind) => given[kind]).filter((policy) => policy !== undefined),
  );
}

function faultsOf(kind: string, policy: unknown, kinds: readonly string[]): readonly OptionFault[] {
  if (!kinds.includes(kind)) {
    const meant = nearestName(kind, [...kinds]);
    const allowed = meant === undefined ? kinds.join(', ') : `${meant}, if that is what you meant`;
    return [{ option: kind, given: 'not a policy of the default order', allowed }];
  }
  const isPolicy = typeof policy === 'object' && policy !== null && 'execute' in policy;
  return isPolicy ? [] : [{ option: kind, given: String(policy), allowed: 'a policy' }];
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
