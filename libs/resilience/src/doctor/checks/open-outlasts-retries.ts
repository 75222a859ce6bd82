import { span } from '../figures.ts';
import type { Check } from '../finding.ts';
import { isAround } from '../instance.ts';
import { openWaitMs } from '../open-wait.ts';
import { totalWaitMs } from '../retry-time.ts';

/** From here on nobody can have meant that the retries see the end of OPEN. */
const farAbove = 10;

export const openOutlastsRetries = {
  code: 'open-outlasts-retries',
  title: 'Retries that cannot outlast an open circuit breaker',
  severity: 'info',
  doc: 'While the circuit breaker is open, a retry around it gives up at the first refusal. That is as it should be; but whoever counts on retries to get callers through an outage needs a fallback instead. Reported when OPEN lasts at least ten times as long as all waits of the retry.',
  run(instance) {
    const { retry, circuitBreaker } = instance;
    if (retry === undefined || circuitBreaker === undefined || retry.maxAttempts === 1) return undefined;
    const waitsMs = totalWaitMs(retry);
    const openMs = openWaitMs(circuitBreaker);
    if (!isAround(instance, 'retry', 'circuitBreaker') || openMs < farAbove * waitsMs) return undefined;
    return {
      message:
        `All waits of the retry are ${span(waitsMs)}, OPEN lasts ${span(openMs)}: while the circuit breaker is open, no ` +
        'caller gets through by retrying, and the retry stops at the first refusal. Give callers a fallback.',
    };
  },
} as const satisfies Check;
