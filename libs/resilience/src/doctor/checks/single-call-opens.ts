import { count, figure } from '../figures.ts';
import type { Check } from '../finding.ts';
import { callsBeforeVerdict, callsThatReach, looksAtSlowCalls } from '../judged-calls.ts';

export const singleCallOpens = {
  code: 'single-call-opens',
  title: 'A single bad call is enough to open',
  severity: 'warning',
  doc: 'Each of n calls is worth 100 / n percent. When the minimum number of calls is so small that one of them reaches the threshold, any hiccup opens the circuit breaker.',
  run({ circuitBreaker: config }) {
    if (config === undefined) return undefined;
    const calls = callsBeforeVerdict(config);
    const share = `100 % / ${calls} = ${figure(100 / calls)} %`;
    const rates = [
      { kind: 'failed', option: 'failureRateThreshold', threshold: config.failureRateThreshold },
      ...(looksAtSlowCalls(config)
        ? [{ kind: 'slow', option: 'slowCallRateThreshold', threshold: config.slowCallRateThreshold }]
        : []),
    ].filter(({ threshold }) => callsThatReach(threshold, calls) === 1);
    if (rates.length === 0) return undefined;
    const kinds = rates.map(({ kind }) => kind).join(' or ');
    const thresholds = rates.map(({ option, threshold }) => `${option} (${figure(threshold)} %)`).join(' and ');
    return {
      message:
        `One ${kinds} call among the first ${count(calls, 'call')} is ${share} and reaches ${thresholds}: a single hiccup ` +
        'opens the circuit breaker. Raise minimumNumberOfCalls.',
    };
  },
} as const satisfies Check;
