import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { CircuitBreaker } from '@breakwater/resilience';
import { expect, it, jest } from '@jest/globals';

expect.extend({ toSurvive });

it('finds toSurvive in the types of @jest/globals', async () => {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker('customer', { slidingWindowSize: 10, minimumNumberOfCalls: 10 }, { clock });
  const http = { get: jest.fn(async () => 'found') };
  const service = { breaker, find: () => breaker.execute(() => http.get()) };
  const down = outage({
    clock,
    dependency: [http, 'get'],
    call: ({ find }: typeof service) => find(),
    error: new Error('connect ECONNREFUSED'),
    timeToProtect: '3s',
  });

  const survived: Promise<void> = expect(service).toSurvive(down);
  await survived;
});

it('refuses toSurvive without an outage', () => {
  // @ts-expect-error -- toSurvive needs an outage
  const missing = () => expect({}).toSurvive();

  expect(missing).toBeInstanceOf(Function);
});
