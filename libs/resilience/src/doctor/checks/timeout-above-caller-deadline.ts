import { span } from '../figures.ts';
import type { Check } from '../finding.ts';

export const timeoutAboveCallerDeadline = {
  code: 'timeout-above-caller-deadline',
  title: 'A timeout that comes only after the caller has given up',
  severity: 'error',
  doc: "The caller is gone before the timeout answers it: the timeout never helps anybody, and until then the work goes on for nobody, unless the caller's deadline is handed on. A call that its caller has given up is no evidence either, so the circuit breaker learns nothing from it. Needs `--deadline`.",
  run({ timeLimiter }, { callerDeadlineMs }) {
    if (timeLimiter === undefined || callerDeadlineMs === undefined) return undefined;
    const { timeoutDuration } = timeLimiter;
    if (timeoutDuration <= callerDeadlineMs) return undefined;
    return {
      message:
        `The caller waits ${span(callerDeadlineMs)}, timeoutDuration is ${span(timeoutDuration)}: the timeout comes ` +
        `${span(timeoutDuration)} - ${span(callerDeadlineMs)} = ${span(timeoutDuration - callerDeadlineMs)} after the ` +
        `caller has gone. Set timeoutDuration below ${span(callerDeadlineMs)}.`,
    };
  },
} as const satisfies Check;
