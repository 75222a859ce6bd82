import { CircuitBreaker } from '@breakwater/resilience';
import { describe, expect, it } from 'vitest';
import { CustomerUnavailableError } from '../customer/customer-unavailable.error.ts';
import { toPlainConfig } from './plain-config.ts';

describe('toPlainConfig', () => {
  it('survives JSON whole', () => {
    const { config } = new CircuitBreaker('trial', {
      recordExceptions: [CustomerUnavailableError, TypeError],
      recordResult: () => false,
      slowCallDurationThreshold: '2s',
    });

    const plain = toPlainConfig(config);

    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
    expect(plain).toMatchObject({
      recordExceptions: ['CustomerUnavailableError', 'TypeError'],
      slowCallDurationThreshold: 2_000,
      slidingWindowType: 'COUNT_BASED',
    });
    expect(plain).not.toHaveProperty('recordResult');
  });
});
