import { span } from '../figures.ts';
import type { Check, Verdict } from '../finding.ts';
import { retryTime, totalWaitMs } from '../retry-time.ts';

export const retryExceedsCallerPatience = {
  code: 'retry-exceeds-caller-patience',
  title: 'Retries that go on when the caller has given up',
  severity: 'warning',
  doc: 'When every attempt takes as long as it may, all attempts and the waits between them add up to more than the caller waits. How long an attempt may take says the time limiter inside the retry, else `--latency`. An `error` when already the waits are as long as the caller waits: then the last attempt is always made for nobody, however quickly the others fail. Needs `--deadline`.',
  run(instance, traffic): Verdict | undefined {
    const { retry } = instance;
    const { callerDeadlineMs: deadlineMs } = traffic;
    if (retry === undefined || deadlineMs === undefined || retry.maxAttempts === 1) return undefined;
    const waitsMs = totalWaitMs(retry);
    if (waitsMs >= deadlineMs) {
      return {
        severity: 'error',
        message:
          `The waits between ${retry.maxAttempts} attempts are ${span(waitsMs)} by themselves, and the caller waits ` +
          `${span(deadlineMs)}: the last attempt is always made when it has gone. Use fewer attempts or shorter waits.`,
      };
    }
    const time = retryTime(instance, traffic);
    if (time === undefined || time.totalMs <= deadlineMs) return undefined;
    return {
      message:
        `A call may take ${time.sum}, but the caller waits ${span(deadlineMs)}: for up to ${span(time.totalMs)} - ` +
        `${span(deadlineMs)} = ${span(time.totalMs - deadlineMs)} it is repeated for nobody. Use fewer attempts, a shorter ` +
        "timeout or shorter waits, or hand the caller's deadline on.",
    };
  },
} as const satisfies Check;
