import { trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../core/policies.ts';
import { AttemptSpans } from './attempt-spans.ts';
import { instrument } from './instrument.ts';

describe('without an OpenTelemetry SDK', () => {
  it('AttemptSpans passes calls, results and errors through', async () => {
    const attempts = new AttemptSpans('customer');
    const error = new Error('down');

    await expect(attempts.execute(({ attempt }) => attempt, { attempt: 3 })).resolves.toBe(3);
    await expect(attempts.execute(() => Promise.reject(error))).rejects.toBe(error);
    await attempts.execute(() => expect(trace.getActiveSpan()?.isRecording() ?? false).toBe(false));
  });

  it('instrument listens to no event that every call emits', () => {
    const circuitBreakerRegistry = createRegistry('circuitBreaker');
    const listened: string[] = [];
    const breaker = circuitBreakerRegistry.getOrCreate('customer', { eventConsumerBufferSize: 0 });
    const on = breaker.on.bind(breaker);
    breaker.on = (type, listener) => {
      listened.push(type);
      return on(type, listener);
    };

    instrument({ circuitBreaker: circuitBreakerRegistry });
    breaker.transitionToOpenState();

    expect(listened).toStrictEqual(['STATE_TRANSITION', 'NOT_PERMITTED']);
    expect(breaker.tryAcquirePermission()).toBe(false);
  });
});
