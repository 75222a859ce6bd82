import { figure } from '../figures.ts';
import type { Check } from '../finding.ts';

export const combinedThresholdNeverDecides = {
  code: 'combined-threshold-never-decides',
  title: 'A joint threshold that one of the two single ones always reaches first',
  severity: 'error',
  doc: 'The share of calls that failed or were slow is at most the sum of both shares. A `combinedRateThreshold` that is not below the sum of the two thresholds is never what opens the circuit breaker.',
  run({ circuitBreaker: config }) {
    if (config?.combinedRateThreshold === undefined) return undefined;
    const { combinedRateThreshold: combined, failureRateThreshold: failed, slowCallRateThreshold: slow } = config;
    if (combined < failed + slow) return undefined;
    return {
      message:
        `combinedRateThreshold (${figure(combined)} %) is not below failureRateThreshold + slowCallRateThreshold = ` +
        `${figure(failed)} % + ${figure(slow)} % = ${figure(failed + slow)} %: whenever it is reached, so is one of them. ` +
        `Set it below ${figure(Math.min(100, failed + slow))}.`,
    };
  },
} as const satisfies Check;
