import { count, perSecond, span } from '../figures.ts';
import type { Check } from '../finding.ts';

/** No single process makes as many calls. */
const unreachablePerSecond = 1_000_000;

export const rateLimitWithoutEffect = {
  code: 'rate-limit-without-effect',
  title: 'A rate limit that no traffic reaches',
  severity: 'warning',
  doc: 'By default a period lasts 500 ns, as in Resilience4j. Whoever sets `limitForPeriod` and leaves `limitRefreshPeriod` has no limit at all. Reported from a million calls a second on.',
  run({ rateLimiter }) {
    if (rateLimiter === undefined) return undefined;
    const { limitForPeriod, limitRefreshPeriod } = rateLimiter;
    const allowed = (limitForPeriod / limitRefreshPeriod) * 1_000;
    if (allowed < unreachablePerSecond) return undefined;
    return {
      message:
        `${count(limitForPeriod, 'call')} / ${span(limitRefreshPeriod)} = ${perSecond(allowed)}, which is no limit at all. ` +
        'Set limitRefreshPeriod, e.g. to 1s.',
    };
  },
} as const satisfies Check;
