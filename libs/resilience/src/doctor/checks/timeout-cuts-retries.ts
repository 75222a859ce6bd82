import { span } from '../figures.ts';
import type { Check, Verdict } from '../finding.ts';
import { isAround } from '../instance.ts';
import { retryTime, totalWaitMs } from '../retry-time.ts';

export const timeoutCutsRetries = {
  code: 'timeout-cuts-retries',
  title: 'A timeout around the retry that leaves no time for all attempts',
  severity: 'warning',
  doc: 'A time limiter around the retry limits all attempts together. An `error` when the waits alone take that long: then the last attempt is never made. Attempts are taken to last as long as `--latency` says.',
  run(instance, traffic): Verdict | undefined {
    const { retry, timeLimiter } = instance;
    if (retry === undefined || timeLimiter === undefined || !isAround(instance, 'timeLimiter', 'retry'))
      return undefined;
    const { timeoutDuration } = timeLimiter;
    const waitsMs = totalWaitMs(retry);
    if (waitsMs >= timeoutDuration) {
      return {
        severity: 'error',
        message:
          `The time limiter is around the retry and ends all of it after ${span(timeoutDuration)}, while the waits between ` +
          `${retry.maxAttempts} attempts are ${span(waitsMs)} by themselves: the last attempt is never made. Put the time ` +
          'limiter inside the retry, where it limits each attempt.',
      };
    }
    const time = retryTime(instance, traffic);
    if (time === undefined || time.totalMs <= timeoutDuration) return undefined;
    return {
      message:
        `The time limiter is around the retry and ends all of it after ${span(timeoutDuration)}, but ${time.sum}. Put the ` +
        'time limiter inside the retry, where it limits each attempt.',
    };
  },
} as const satisfies Check;
