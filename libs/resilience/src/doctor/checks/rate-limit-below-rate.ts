import { count, figure, perSecond, span } from '../figures.ts';
import type { Check } from '../finding.ts';

export const rateLimitBelowRate = {
  code: 'rate-limit-below-rate',
  title: 'A rate limit below the rate of the calls',
  severity: 'error',
  doc: 'More calls come than are let through. Waiting for a permission only postpones it: the line grows until the wait is longer than `timeoutDuration`, and then calls are refused all the time. Needs `--rate`.',
  run({ rateLimiter }, { ratePerSecond: rate }) {
    if (rateLimiter === undefined || rate === undefined) return undefined;
    const { limitForPeriod, limitRefreshPeriod } = rateLimiter;
    const allowed = (limitForPeriod / limitRefreshPeriod) * 1_000;
    if (rate <= allowed * (1 + 1e-9)) return undefined;
    return {
      message:
        `${perSecond(rate)} come, but ${count(limitForPeriod, 'call')} / ${span(limitRefreshPeriod)} = ${perSecond(allowed)} ` +
        `are let through: (${figure(rate)} - ${figure(allowed)}) / ${figure(rate)} = ` +
        `${figure(((rate - allowed) / rate) * 100)} % are refused. Raise limitForPeriod.`,
    };
  },
} as const satisfies Check;
