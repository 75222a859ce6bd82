import { describe, expect, it } from 'vitest';
import { policyEventOf } from './policy-event.ts';

const read = (type: string, data: object) => policyEventOf('account-1', type, JSON.stringify(data));

describe("an event of the actuator's stream", () => {
  it('becomes what the page shows', () => {
    const creationTime = '2026-01-01T00:00:00.000Z';
    const common = { creationTime, pattern: 'circuitBreaker', circuitBreakerName: 'customer' };

    expect(read('STATE_TRANSITION', { ...common, stateTransition: 'OPEN_TO_HALF_OPEN' })).toEqual({
      at: Date.parse(creationTime),
      replica: 'account-1',
      pattern: 'circuitBreaker',
      name: 'customer',
      type: 'STATE_TRANSITION',
      detail: 'OPEN → HALF OPEN',
    });
    expect(read('ERROR', { ...common, durationInMs: 12, errorMessage: 'Error: down' })?.detail).toBe(
      '12 ms · Error: down',
    );
  });

  it('is named by whichever pattern it is of', () => {
    expect(read('CALL_PERMITTED', { pattern: 'bulkhead', bulkheadName: 'customer' })?.name).toBe('customer');
    expect(read('USED', { pattern: 'cachedFallback', cachedFallbackName: 'names' })?.name).toBe('names');
  });

  it('is left out where it cannot be read', () => {
    expect(policyEventOf('account-1', 'ERROR', 'not json')).toBeUndefined();
    expect(policyEventOf('account-1', 'ERROR', '7')).toBeUndefined();
  });
});
