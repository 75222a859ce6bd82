import { isAborted, isDeadlineError, isTimeout } from '../cut-off.ts';
import { type ClassifiedOutcome, classifyOutcome, outcomeVerdicts } from '../outcome.ts';
import { abortSourceOf, type CallContext } from '../policy.ts';
import type { EndpointPoolConfig } from './endpoint-pool.options.ts';
import type { EjectionReason, EndpointOutcome, PooledEndpoint } from './pooled-endpoint.ts';

/**
 * What the outcome of a call shows about its endpoint. Like Envoy, it separates errors of the service from those without
 * a response, to which timeouts belong. A call that its caller cut off shows nothing, unless a time limiter did.
 */
export function judgeCall(outcome: ClassifiedOutcome, context: CallContext): EndpointOutcome {
  if (isAborted(context)) return isTimeout(abortSourceOf(context)?.reason) ? 'connectionError' : 'ignored';
  const isError = 'error' in outcome;
  if (isError && isDeadlineError(outcome.error)) return 'ignored';
  const kind = classifyOutcome(outcome);
  const verdict = outcomeVerdicts[kind];
  if (verdict !== 'failure') return verdict;
  return kind === 'no_response' || (kind === 'timeout' && isError) ? 'connectionError' : 'serviceError';
}

/** Why an endpoint in service is an outlier; `undefined` if it is none. */
export function outlierReason(
  endpoint: PooledEndpoint,
  all: readonly PooledEndpoint[],
  config: EndpointPoolConfig,
): EjectionReason | undefined {
  const { evidence } = endpoint;
  if (evidence.consecutiveConnectionErrors >= config.consecutiveConnectionErrors) {
    return 'CONSECUTIVE_CONNECTION_ERRORS';
  }
  if (evidence.consecutiveFailures >= config.consecutiveFailures) return 'CONSECUTIVE_FAILURES';
  if (evidence.consecutiveSlowCalls >= config.consecutiveSlowCalls) return 'CONSECUTIVE_SLOW_CALLS';
  if (!hasRates(endpoint, config)) return undefined;
  const { failureRate, slowCallRate } = evidence.window;
  const { failureRateThreshold, slowCallRateThreshold } = config;
  // Where all endpoints are as bad, it is no outlier, and ejecting it would only move its load to the others.
  if (failureRate >= failureRateThreshold && hasPeer((peer) => peer.failureRate < failureRateThreshold)) {
    return 'FAILURE_RATE';
  }
  if (slowCallRate >= slowCallRateThreshold && hasPeer((peer) => peer.slowCallRate < slowCallRateThreshold)) {
    return 'SLOW_CALL_RATE';
  }
  return isSuccessRateOutlier(endpoint, all, config) ? 'SUCCESS_RATE' : undefined;

  function hasPeer(isBetter: (rates: { readonly failureRate: number; readonly slowCallRate: number }) => boolean) {
    return all.some((peer) => peer.isInService && isBetter(peer.evidence.window));
  }
}

function hasRates({ evidence }: PooledEndpoint, { minimumNumberOfCalls, slidingWindowSize }: EndpointPoolConfig) {
  return evidence.window.count >= Math.min(minimumNumberOfCalls, slidingWindowSize);
}

/**
 * Envoy's rule: the success rate is below the mean by more than a number of standard deviations. Where all endpoints are
 * good, one failure would be enough for that, so Envoy's rule for failures in a row sets the least number.
 */
function isSuccessRateOutlier(
  { evidence }: PooledEndpoint,
  all: readonly PooledEndpoint[],
  config: EndpointPoolConfig,
): boolean {
  if (evidence.window.failedCalls < config.consecutiveFailures) return false;
  const rates = all
    .filter((endpoint) => endpoint.isInService && hasRates(endpoint, config))
    .map((endpoint) => 100 - endpoint.evidence.window.failureRate);
  if (rates.length < config.successRateMinimumHosts) return false;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return 100 - evidence.window.failureRate < mean - config.successRateStdevFactor * Math.sqrt(variance);
}
