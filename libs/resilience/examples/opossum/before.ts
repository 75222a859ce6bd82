/* oxlint-disable no-console -- it stands for the logger of an application */

import CircuitBreaker from 'opossum';

async function find(id: string): Promise<string> {
  const response = await fetch(`http://customer:3000/customers/${id}`);
  if (!response.ok) throw new Error(`customer answered ${response.status}`);
  return response.text();
}

export const breaker = new CircuitBreaker(find, {
  timeout: 3_000,
  errorThresholdPercentage: 50,
  volumeThreshold: 5,
  rollingCountTimeout: 10_000,
  rollingCountBuckets: 10,
  resetTimeout: 5_000,
  capacity: 20,
});

breaker.fallback((id: string) => `unverified ${id}`);
breaker.on('open', () => console.warn('customer is open'));

export const findCustomer = (id: string): Promise<string> => breaker.fire(id);
