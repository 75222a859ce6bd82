import { count } from '../figures.ts';
import type { Check } from '../finding.ts';

export const minimumAboveCountWindow = {
  code: 'minimum-above-count-window',
  title: 'A minimum number of calls above the size of a count window',
  severity: 'warning',
  doc: 'A count window never holds more calls than its size, so the rates are judged when it is full, and the minimum that is written there means nothing. Resilience4j does the same without a word.',
  run({ circuitBreaker: config }) {
    if (config?.slidingWindowType !== 'COUNT_BASED') return undefined;
    const { minimumNumberOfCalls: minimum, slidingWindowSize: size } = config;
    if (minimum <= size) return undefined;
    return {
      message:
        `minimumNumberOfCalls is ${minimum}, but a window of ${count(size, 'call')} never holds more than ${size}: rates ` +
        `are judged from min(${minimum}, ${size}) = ${count(size, 'call')} on. Set minimumNumberOfCalls to ${size}, or ` +
        `slidingWindowSize to at least ${minimum} if you mean to wait for that many.`,
    };
  },
} as const satisfies Check;
