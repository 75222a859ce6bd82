import { figure } from '../figures.ts';
import type { Check } from '../finding.ts';
import type { ErrorClass } from '../../core/options.ts';

export const thresholdNeverReached = {
  code: 'threshold-never-reached',
  title: 'A failure rate that stays at 0 % because every failure is ignored',
  severity: 'error',
  doc: 'Ignored errors win over recorded ones. If `ignoreExceptions` covers everything that could be recorded, no call ever counts as failed. Predicates of the application are not looked into.',
  run({ circuitBreaker: config }) {
    if (config === undefined) return undefined;
    const { recordExceptions, ignoreExceptions, recordException, recordResult, transitionOnResult } = config;
    if ([recordException, recordResult, transitionOnResult].some((judge) => judge !== undefined)) return undefined;
    const recorded = recordExceptions.length === 0 ? [Error] : recordExceptions;
    const isIgnored = (errorClass: ErrorClass) =>
      ignoreExceptions.some((ignored) => ignored === errorClass || errorClass.prototype instanceof ignored);
    if (!recorded.every(isIgnored)) return undefined;
    const what = recordExceptions.length === 0 ? 'every Error' : recorded.map(({ name }) => name).join(', ');
    return {
      message:
        `ignoreExceptions (${ignoreExceptions.map(({ name }) => name).join(', ')}) covers all that counts as a failure ` +
        `(${what}), so the failure rate is 0 / n = 0 % for ever and never reaches ${figure(config.failureRateThreshold)} %. ` +
        'Ignore fewer errors.',
    };
  },
} as const satisfies Check;
