import { count } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';
import { callsBeforeHalfOpenVerdict } from '../judged-calls.ts';

export const halfOpenCanHang = {
  code: 'half-open-can-hang',
  title: 'HALF_OPEN can last for ever',
  severity: 'info',
  doc: "Calls on trial that never end keep their permissions. Without a time limiter inside the circuit breaker and without `maxWaitDurationInHalfOpenState`, a few of them leave it in HALF_OPEN, refusing everybody, until the process ends. Harmless if the calls themselves are sure to end, e.g. by the HTTP client's own timeout.",
  run(instance) {
    const { circuitBreaker: config } = instance;
    if (config === undefined || config.maxWaitDurationInHalfOpenState > 0) return undefined;
    if (isAround(instance, 'circuitBreaker', 'timeLimiter')) return undefined;
    const permitted = config.permittedNumberOfCallsInHalfOpenState;
    const needed = callsBeforeHalfOpenVerdict(config);
    const hanging = permitted - needed + 1;
    return {
      message:
        `HALF_OPEN permits ${count(permitted, 'call')} and decides when ${needed} of them have ended, with no maximum wait, ` +
        `and nothing here ends a call: if ${permitted} - ${needed} + 1 = ${hanging} never ${hanging === 1 ? 'ends' : 'end'}, ` +
        'it refuses everybody for ever. Add a time limiter, or set maxWaitDurationInHalfOpenState.',
    };
  },
} as const satisfies Check;
