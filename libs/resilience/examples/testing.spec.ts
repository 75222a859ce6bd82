import { Retry } from '@breakwater/resilience';
import { CircuitBreaker, ResilienceModule, TimeLimiter } from '@breakwater/resilience/nest';
import { ResilienceTestingModule } from '@breakwater/resilience/nest-testing';
import { FakeClock, outage, toSurvive } from '@breakwater/resilience/testing';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const http = { get: vi.fn<(path: string) => Promise<string>>() };

@Injectable()
class CustomerClient {
  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  @TimeLimiter('customer')
  async verify(id: string): Promise<string> {
    return http.get(`/customers/${id}`);
  }

  async unverified(): Promise<string> {
    return 'unverified';
  }
}

afterEach(() => {
  vi.useRealTimers();
});

let client: CustomerClient;

beforeEach(async () => {
  const module = await Test.createTestingModule({
    imports: [ResilienceTestingModule],
    providers: [CustomerClient],
  }).compile();
  client = module.get(CustomerClient);
});

it('rejects with the error of the HTTP client', async () => {
  http.get.mockRejectedValue(new Error('connect ECONNREFUSED'));

  await expect(client.verify('c-1')).rejects.toThrow('ECONNREFUSED');
});

const retry = new Retry('customer', { maxAttempts: 3, waitDuration: '2s' });

it('waits 2 s before each further attempt', async () => {
  vi.useFakeTimers();
  const call = vi.fn(() => Promise.reject(new Error('outage')));
  const result = retry.execute(call).catch(({ message }: Error) => message);

  await vi.advanceTimersByTimeAsync(1_999);
  expect(call).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_001);

  expect(call).toHaveBeenCalledTimes(3);
  await expect(result).resolves.toBe('outage');
});

const circuitBreaker = {
  instances: { customer: { slidingWindowSize: 10, minimumNumberOfCalls: 10, slowCallDurationThreshold: '2s' } },
};

expect.extend({ toSurvive });

it('survives an outage of customer', async () => {
  const clock = new FakeClock();
  const module = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ clock, circuitBreaker })],
    providers: [CustomerClient],
  }).compile();

  await expect(module.get(CustomerClient)).toSurvive(
    outage({ clock, dependency: [http, 'get'], call: (client: CustomerClient) => client.verify('c-1') }),
  );
});
