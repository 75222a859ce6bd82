import { CircuitBreaker } from '@breakwater/resilience';

export const customer = new CircuitBreaker('customer', {
  slidingWindowSize: 10,
  waitDurationInOpenState: '30s',
  waitJitterFactor: 0.2, // many instances do not come back in step
  healthProbe: ({ signal }) => fetch('http://customer:3000/health/ready', { signal }).then(({ ok }) => ok),
  rampUpSteps: [10, 25, 50], // percent of the calls, for 10 s each, before all of them
});
