import { count, figure } from '../figures.ts';
import type { Check, Verdict } from '../finding.ts';
import { callsBeforeVerdict, callsThatReach, looksAtSlowCalls } from '../judged-calls.ts';

export const thresholdNeedsEveryCall = {
  code: 'threshold-needs-every-call',
  title: 'A threshold that only a window without a single good call reaches',
  severity: 'warning',
  doc: 'With a threshold of 100 %, or one that so few calls reach only together, a single good call keeps the circuit breaker closed for as long as the window remembers it, and hardly any outage is without one. Only `info` when it concerns nothing but slow calls, since 100 % is the default there.',
  run({ circuitBreaker: config }): Verdict | undefined {
    if (config === undefined) return undefined;
    const calls = config.slidingWindowType === 'COUNT_BASED' ? config.slidingWindowSize : callsBeforeVerdict(config);
    if (calls === 1) return undefined;
    const needsAll = (threshold: number) => callsThatReach(threshold, calls) === calls;
    const parts: string[] = [];
    const hasFailures = needsAll(config.failureRateThreshold);
    if (hasFailures)
      parts.push(`failureRateThreshold (${figure(config.failureRateThreshold)} %) only if all have failed`);
    if (looksAtSlowCalls(config) && needsAll(config.slowCallRateThreshold)) {
      parts.push(`slowCallRateThreshold (${figure(config.slowCallRateThreshold)} %) only if all were slow`);
    }
    if (parts.length === 0) return undefined;
    const without = `${calls - 1} / ${calls} = ${figure(((calls - 1) / calls) * 100)} %`;
    return {
      severity: hasFailures ? 'warning' : 'info',
      message:
        `${count(calls, 'call')} reach ${parts.join(', and ')}: with one good call among them it is ${without}, and the ` +
        'circuit breaker stays closed. Lower the threshold.',
    };
  },
} as const satisfies Check;
