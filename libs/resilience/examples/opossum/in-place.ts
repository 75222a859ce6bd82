import { CircuitBreaker } from '@breakwater/resilience';

async function find(id: string): Promise<string> {
  const response = await fetch(`http://customer:3000/customers/${id}`);
  if (!response.ok) throw new Error(`customer answered ${response.status}`);
  return response.text();
}

const breaker = new CircuitBreaker('customer', { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

/** Replaces `breaker.fire`. */
export const findCustomer = breaker.decorate(find);
