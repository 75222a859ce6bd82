import { callsInHalfOpen } from '../expected-calls.ts';
import { count, openWaitMs, span, trialCallsBeforeEvaluation } from '../figures.ts';
import { isAround } from '../instance.ts';
import type { Check } from './check.ts';

const shortestOpenMs = 1_000;

const finalStates: Readonly<Record<string, string>> = {
  DISABLED: 'permits every call and records none, so it never opens',
  METRICS_ONLY: 'records calls and permits all of them, so it never opens',
  FORCED_OPEN: 'refuses every call',
};

/** How a circuit breaker leaves each of its states. */
export const stateChecks = [
  {
    code: 'initial-state-is-final',
    title: 'The circuit breaker starts in a state that it never leaves automatically',
    severity: 'warning',
    doc: '`DISABLED`, `METRICS_ONLY` and `FORCED_OPEN` last until an operator changes the state.',
    run({ circuitBreaker: config }) {
      const effect = finalStates[config?.initialState ?? 'CLOSED'];
      if (config === undefined || effect === undefined) return undefined;
      return `initialState is ${config.initialState}: it ${effect} until an operator changes the state.`;
    },
  },
  {
    code: 'wait-in-open-too-short',
    title: 'OPEN lasts less than a second',
    severity: 'warning',
    doc:
      'OPEN gives the dependency time to recover. If it is too short, the circuit breaker keeps making trial calls ' +
      'while the dependency is still down, and protects neither side.',
    run({ circuitBreaker }) {
      if (circuitBreaker === undefined) return undefined;
      const waitMs = openWaitMs(circuitBreaker);
      if (waitMs >= shortestOpenMs) return undefined;
      const trials = circuitBreaker.permittedNumberOfCallsInHalfOpenState;
      return (
        `OPEN lasts ${span(waitMs)} and is followed by up to ${trials} trial calls: up to ${trials} × 60 s / ` +
        `${span(waitMs)} = ${Math.floor((trials * 60_000) / Math.max(waitMs, 1))} a minute while the dependency is down. ` +
        'Set waitDurationInOpenState to seconds.'
      );
    },
  },
  {
    code: 'half-open-permits-unreached',
    title: 'HALF_OPEN ends before enough trial calls have ended',
    severity: 'error',
    doc:
      'HALF_OPEN is evaluated when min(`permittedNumberOfCallsInHalfOpenState`, `minimumNumberOfCalls`) calls have ' +
      'ended. If fewer calls end within `maxWaitDurationInHalfOpenState`, the circuit breaker returns to OPEN each ' +
      'time and never closes, even if the dependency is healthy. Only a `warning` if it changes to CLOSED instead ' +
      '(`transitionToStateAfterWaitDuration`): then it closes without evidence. Needs `--rate`, or `--latency` with ' +
      '`--concurrency`.',
    run(instance, traffic) {
      const { circuitBreaker: config } = instance;
      if (config === undefined || config.maxWaitDurationInHalfOpenState === 0) return undefined;
      const maxWaitMs = config.maxWaitDurationInHalfOpenState;
      const needed = trialCallsBeforeEvaluation(config);
      const expected = callsInHalfOpen(maxWaitMs, instance, traffic);
      if (expected === undefined || expected.most >= needed) return undefined;
      const closes = config.transitionToStateAfterWaitDuration === 'CLOSED';
      const effect = closes
        ? 'It closes each time without enough evidence.'
        : 'It returns to OPEN each time and never closes.';
      const lower = expected.most > 0 ? `permittedNumberOfCallsInHalfOpenState to at most ${expected.most}, or ` : '';
      return {
        severity: closes ? 'warning' : 'error',
        message:
          `HALF_OPEN needs ${count(needed, 'call')} to decide and lasts at most ${span(maxWaitMs)}, but ${expected.reason}. ` +
          `${effect} Set ${lower}maxWaitDurationInHalfOpenState longer.`,
      };
    },
  },
  {
    code: 'half-open-decides-early',
    title: 'HALF_OPEN permits more trial calls than it waits for',
    severity: 'info',
    doc: 'HALF_OPEN is evaluated as soon as `minimumNumberOfCalls` trial calls have ended, even if more are permitted.',
    run({ circuitBreaker: config }) {
      if (config === undefined) return undefined;
      const { permittedNumberOfCallsInHalfOpenState: permitted, minimumNumberOfCalls: minimum } = config;
      if (permitted <= minimum) return undefined;
      return (
        `HALF_OPEN permits ${permitted} calls, but decides after min(${permitted}, ${minimum}) = ` +
        `${count(minimum, 'call')}, because minimumNumberOfCalls is ${minimum}.`
      );
    },
  },
  {
    code: 'half-open-can-hang',
    title: 'HALF_OPEN can last forever',
    severity: 'warning',
    doc:
      'A trial call that never ends keeps its permit. Without a time limiter inside the circuit breaker and without ' +
      '`maxWaitDurationInHalfOpenState`, a few of them keep it in HALF_OPEN, refusing all other calls, until the ' +
      'process ends. Harmless if something else ends the calls, such as the timeout of the HTTP client.',
    run(instance) {
      const { circuitBreaker: config } = instance;
      if (config === undefined || config.maxWaitDurationInHalfOpenState > 0) return undefined;
      if (isAround(instance, 'circuitBreaker', 'timeLimiter')) return undefined;
      const permitted = config.permittedNumberOfCallsInHalfOpenState;
      const needed = trialCallsBeforeEvaluation(config);
      const hanging = permitted - needed + 1;
      return (
        `HALF_OPEN permits ${count(permitted, 'call')} and decides when ${needed} of them have ended. It has no maximum ` +
        `duration, and no time limit ends a call: if ${permitted} - ${needed} + 1 = ${hanging} never ` +
        `${hanging === 1 ? 'ends' : 'end'}, all other calls are refused forever. Add a time limiter, or set ` +
        'maxWaitDurationInHalfOpenState.'
      );
    },
  },
] as const satisfies readonly Check[];
