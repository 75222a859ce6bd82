import { CachedFallback } from '../core/cached-fallback/cached-fallback.ts';
import { Fallback } from '../core/fallback/fallback.ts';
import { Hedge } from '../core/hedge/hedge.ts';
import { Pipeline } from '../core/pipeline.ts';
import type { Policy } from '../core/policy.ts';

/** A policy that changes the calls of another one, e.g. their key. */
interface DerivedPolicy extends Policy {
  readonly derivedFrom: Policy;
}

export function derivedPolicy(policy: Policy, execute: Policy['execute']): Policy {
  const derived: DerivedPolicy = { name: policy.name, derivedFrom: policy, execute };
  return derived;
}

/** The policy whose calls a derived one changes; itself if it is not derived. */
export function originalOf(policy: Policy): Policy {
  return 'derivedFrom' in policy ? originalOf((policy as DerivedPolicy).derivedFrom) : policy;
}

/** The single policies that a policy or a pipeline consists of. */
export function policiesIn(policy: Policy): readonly Policy[] {
  const original = originalOf(policy);
  return original instanceof Pipeline ? original.policies.flatMap(policiesIn) : [original];
}

/**
 * Why a policy cannot protect an Observable, whose values are emitted before the call ends; `undefined` if it can. It
 * completes the sentence "the method returns an Observable, …".
 */
export function whyNotObservable(policy: Policy): string | undefined {
  return policiesIn(policy)
    .map(reasonOf)
    .find((reason) => reason !== undefined);
}

function reasonOf(policy: Policy): string | undefined {
  if (policy instanceof Hedge) {
    return `whose values would be those of several concurrent attempts under Hedge '${policy.name}'`;
  }
  if (policy instanceof Fallback) return `which Fallback '${policy.name}' cannot replace; a fallbackMethod can`;
  if (policy instanceof CachedFallback) return `whose values CachedFallback '${policy.name}' cannot store`;
  return undefined;
}
