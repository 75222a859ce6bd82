import type { Check } from '../finding.ts';

const meanings: Readonly<Record<string, string>> = {
  DISABLED: 'lets every call through and looks at none, so it never opens',
  METRICS_ONLY: 'counts calls and lets every one of them through, so it never opens',
  FORCED_OPEN: 'refuses every call',
};

export const initialStateIsFinal = {
  code: 'initial-state-is-final',
  title: 'A circuit breaker that begins in a state which it never leaves by itself',
  severity: 'warning',
  doc: "From `DISABLED`, `METRICS_ONLY` and `FORCED_OPEN` only somebody's hand leads on.",
  run({ circuitBreaker: config }) {
    const meaning = meanings[config?.initialState ?? 'CLOSED'];
    if (config === undefined || meaning === undefined) return undefined;
    return {
      message: `initialState is ${config.initialState}: it ${meaning} until somebody changes its state by hand.`,
    };
  },
} as const satisfies Check;
