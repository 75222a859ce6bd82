import { callsInHalfOpen } from '../expected-calls.ts';
import { count, span } from '../figures.ts';
import type { Check, Verdict } from '../finding.ts';
import { callsBeforeHalfOpenVerdict } from '../judged-calls.ts';

export const halfOpenPermitsUnreached = {
  code: 'half-open-permits-unreached',
  title: 'More calls on trial than come before the maximum wait in HALF_OPEN is over',
  severity: 'error',
  doc: 'HALF_OPEN decides when min(`permittedNumberOfCallsInHalfOpenState`, `minimumNumberOfCalls`) calls have ended. If the traffic does not give as many within `maxWaitDurationInHalfOpenState`, the circuit breaker goes back to OPEN each time and never closes again, although the dependency is well. Only a `warning` when it goes to CLOSED instead (`transitionToStateAfterWaitDuration`), since then it closes without evidence. Needs `--rate`, or `--latency` with `--concurrency`.',
  run(instance, traffic): Verdict | undefined {
    const { circuitBreaker: config } = instance;
    if (config === undefined || config.maxWaitDurationInHalfOpenState === 0) return undefined;
    const maxWaitMs = config.maxWaitDurationInHalfOpenState;
    const needed = callsBeforeHalfOpenVerdict(config);
    const expected = callsInHalfOpen(maxWaitMs, instance, traffic);
    if (expected === undefined || expected.most >= needed) return undefined;
    const closes = config.transitionToStateAfterWaitDuration === 'CLOSED';
    const lowered = expected.most > 0 ? `permittedNumberOfCallsInHalfOpenState to at most ${expected.most}, or ` : '';
    return {
      severity: closes ? 'warning' : 'error',
      message:
        `HALF_OPEN needs ${count(needed, 'call')} to decide and lasts at most ${span(maxWaitMs)}, but ${expected.reason}. ` +
        `${closes ? 'It closes each time without having seen enough.' : 'It goes back to OPEN each time, and never closes again.'} ` +
        `Set ${lowered}maxWaitDurationInHalfOpenState longer.`,
    };
  },
} as const satisfies Check;
