import { span } from '../figures.ts';
import type { Check } from '../finding.ts';

export const waitAboveCallerDeadline = {
  code: 'wait-above-caller-deadline',
  title: 'A call may wait for its turn longer than its caller waits for the answer',
  severity: 'warning',
  doc: "`timeoutDuration` of a rate limiter (5 s by default) and `maxWaitDuration` of a bulkhead say how long a call waits to be let through. Beyond the caller's deadline it is let through for nobody, unless the deadline is handed on. Needs `--deadline`.",
  run({ rateLimiter, bulkhead }, { callerDeadlineMs: deadlineMs }) {
    if (deadlineMs === undefined) return undefined;
    const waits = [
      { who: 'the rate limiter (timeoutDuration)', waitMs: rateLimiter?.timeoutDuration ?? 0 },
      { who: 'the bulkhead (maxWaitDuration)', waitMs: bulkhead?.maxWaitDuration ?? 0 },
    ].filter(({ waitMs }) => waitMs > deadlineMs);
    if (waits.length === 0) return undefined;
    const told = waits.map(({ who, waitMs }) => `${span(waitMs)} for ${who}`).join(' and ');
    return {
      message: `A call may wait ${told}, but its caller waits ${span(deadlineMs)} for the answer. Let it wait less.`,
    };
  },
} as const satisfies Check;
