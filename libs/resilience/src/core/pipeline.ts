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
  rejectionIfAborted,
  toCallContext,
} from './policy.ts';

/**
 * Policies around a call, outermost first: `[a, b]` runs `a(b(call))`. A pipeline is a policy, so pipelines can be
 * nested. An empty pipeline changes nothing. The policies cannot be changed after construction.
 */
export class Pipeline implements KeyedPolicy {
  readonly name: string;
  /** The policies, outermost first. */
  readonly policies: readonly Policy[];
  /** The policies with nested pipelines flattened, which saves a function call for each of them. */
  readonly #flatPolicies: readonly Policy[];

  /**
   * @param name what is protected, usually the name of a dependency
   * @param policies outermost first
   */
  constructor(name: string, policies: readonly Policy[]) {
    this.name = name;
    this.policies = Object.freeze([...policies]);
    this.#flatPolicies = policies.flatMap((policy) => (canBeFlattened(policy) ? policy.#flatPolicies : policy));
  }

  /**
   * Runs `call` under all policies.
   *
   * @throws what `call` threw, or a ResilienceError of one of the policies
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const rejection = rejectionIfAborted(context);
    if (rejection !== undefined) return rejection;
    let wrapped = call;
    for (let index = this.#flatPolicies.length - 1; index >= 0; index--) {
      const policy = this.#flatPolicies[index]!;
      const inner = wrapped;
      wrapped = (given) => policy.execute(inner, given);
    }
    return invokeCall(wrapped, toCallContext(context));
  }

  /**
   * This pipeline for calls with this key, which its cached fallbacks use.
   *
   * @param key identifies what the calls request
   */
  withKey<T = unknown>(key: string, options?: KeyedCallOptions<T>): Pipeline {
    return new Pipeline(
      this.name,
      this.policies.map((policy) => (isKeyed(policy) ? policy.withKey(key, options) : policy)),
    );
  }

  /** The same function under this pipeline. It keeps `this` and the arguments. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Describes the order as nested calls, e.g. `retry(circuitBreaker(call))`. A policy whose name differs from that of
   * the pipeline is shown with its name: `retry[ledger](circuitBreaker(call))`.
   */
  describe(): string {
    return this.policies.reduceRight((inner, policy) => describePolicy(policy, this.name, inner), 'call');
  }

  /** The name and the order, e.g. `customer: retry(circuitBreaker(call))`. */
  toString(): string {
    return `${this.name}: ${this.describe()}`;
  }
}

/** Whether a policy is a pipeline whose `execute` is not overridden, so that it can be flattened. */
function canBeFlattened(policy: Policy): policy is Pipeline {
  return policy instanceof Pipeline && policy.execute === Pipeline.prototype.execute;
}

/**
 * Creates a pipeline with the policies in the given order.
 *
 * @param name what is protected, usually the name of a dependency
 * @param policies outermost first
 */
export function pipeline(name: string, policies: readonly Policy[]): Pipeline {
  return new Pipeline(name, policies);
}

/** The order of `definePipeline`, outermost first. It is the order of the table of `policies`. */
export const defaultOrder: readonly PipelineKind[] = Object.freeze(pipelineKindsOf());

/**
 * The policies of a pipeline in the default order, by kind. A pipeline can be given instead of a policy of any kind.
 */
export type PipelineDefinition = { readonly [K in PipelineKind]?: Policy | undefined };

/**
 * Creates a pipeline in the default order: `fallback(retry(circuitBreaker(rateLimiter(timeLimiter(bulkhead(call))))))`.
 * It has only the given policies, which may be given in any order. For another order use `pipeline`.
 *
 * @param name what is protected, usually the name of a dependency
 * @param given the policies by kind
 * @param table the kinds in order; `policies` by default
 * @throws InvalidOptionsError when a kind does not exist or a value is not a policy
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

/** The `kind` of a policy if it has one, otherwise the name of its class, otherwise its own name. */
function kindOf(policy: Policy): string {
  if ('kind' in policy && typeof policy.kind === 'string') return policy.kind;
  const className = policy.constructor.name;
  if (className === 'Object' || className === '') return policy.name;
  return className.charAt(0).toLowerCase() + className.slice(1);
}
