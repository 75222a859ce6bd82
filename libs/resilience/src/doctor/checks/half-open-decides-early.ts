import { count } from '../figures.ts';
import type { Check } from '../finding.ts';

export const halfOpenDecidesEarly = {
  code: 'half-open-decides-early',
  title: 'More calls on trial than HALF_OPEN waits for',
  severity: 'info',
  doc: 'HALF_OPEN decides as soon as `minimumNumberOfCalls` calls on trial have ended, even when more are permitted.',
  run({ circuitBreaker: config }) {
    if (config === undefined) return undefined;
    const { permittedNumberOfCallsInHalfOpenState: permitted, minimumNumberOfCalls: minimum } = config;
    if (permitted <= minimum) return undefined;
    return {
      message:
        `${permitted} calls are permitted in HALF_OPEN, but it decides after min(${permitted}, ${minimum}) = ` +
        `${count(minimum, 'call')}, since minimumNumberOfCalls is ${minimum}.`,
    };
  },
} as const satisfies Check;
