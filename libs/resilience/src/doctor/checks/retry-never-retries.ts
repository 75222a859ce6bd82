import type { Check } from '../finding.ts';
import type { ErrorClass } from '../../core/options.ts';

export const retryNeverRetries = {
  code: 'retry-never-retries',
  title: 'A retry that never repeats a call',
  severity: 'warning',
  doc: '`maxAttempts` counts the first call as well, so 1 means no repetition; and `ignoreExceptions` wins over `retryExceptions`. Only `info` for `maxAttempts: 1`, which is how a retry is switched off.',
  run({ retry }) {
    if (retry === undefined) return undefined;
    if (retry.maxAttempts === 1) {
      return {
        severity: 'info',
        message: 'maxAttempts is 1, the first call included: 1 - 1 = 0 repetitions. For one repetition set it to 2.',
      };
    }
    const { retryExceptions, ignoreExceptions, retryOnException, retryOnResult } = retry;
    if (retryOnException !== undefined || retryOnResult !== undefined) return undefined;
    const isIgnored = (errorClass: ErrorClass) =>
      ignoreExceptions.some((ignored) => ignored === errorClass || errorClass.prototype instanceof ignored);
    if (!(retryExceptions.length === 0 ? [Error] : retryExceptions).every(isIgnored)) return undefined;
    return {
      message:
        `ignoreExceptions (${ignoreExceptions.map(({ name }) => name).join(', ')}) covers every error that would be ` +
        'retried, so no call is ever repeated. Ignore fewer errors.',
    };
  },
} as const satisfies Check;
