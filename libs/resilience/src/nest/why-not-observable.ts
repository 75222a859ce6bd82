import { CachedFallback } from '../core/cached-fallback/cached-fallback.ts';
import { Fallback } from '../core/fallback/fallback.ts';
import { Hedge } from '../core/hedge/hedge.ts';
import { Pipeline } from '../core/pipeline.ts';
import type { Policy } from '../core/policy.ts';
import { Retry } from '../core/retry/retry.ts';

/**
 * Why a policy cannot protect subscriptions, whose values are handed on as they come; `undefined` when it can. It finishes
 * the sentence "the method returns an Observable, …".
 */
export function whyNotObservable(policy: Policy): string | undefined {
  if (policy instanceof Pipeline) {
    return policy.policies.map(whyNotObservable).find((reason) => reason !== undefined);
  }
  if (policy instanceof Retry && policy.config.retryOnResult !== undefined) {
    return `whose values are handed on before retryOnResult of Retry '${policy.name}' could judge them`;
  }
  if (policy instanceof Hedge) {
    return `whose values would be those of several attempts at once under Hedge '${policy.name}'`;
  }
  if (policy instanceof Fallback) return `which Fallback '${policy.name}' cannot replace; a fallbackMethod can`;
  if (policy instanceof CachedFallback) return `of which CachedFallback '${policy.name}' knows nothing to remember`;
  return undefined;
}
