import { registryToken, CallNotPermittedError } from '@breakwater/resilience';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { circuitBreakers, customer } from './load.ts';
import { circuitBreakerRegistry, metrics } from './observing/metrics.ts';
import { AppModule } from './observing/nest.ts';
import { ledger, waitInOpenIsOver } from './observing/testing.ts';
import { rateOf } from './patterns/cached-fallback.ts';
import { findCustomer } from './patterns/deadline.ts';
import { hedges, search } from './patterns/hedge.ts';
import { bulkhead, limiter, rateLimiter } from './patterns/limits.ts';
import { customer as recovering } from './patterns/recovery.ts';
import { reads, retries } from './patterns/retry.ts';
import { balance } from './refusals.ts';

const fail = async (): Promise<never> => {
  throw new Error('outage');
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('The snippets on the page of the library', () => {
  it('read a file without Nest', () => {
    expect(customer.describe()).toBe('retry(circuitBreaker(call))');
    expect(circuitBreakers.getOrCreate('customer').config.slowCallRateThreshold).toBe(80);
  });

  it('tell a refusal from a failure', async () => {
    for (let call = 1; call <= 10; call++) await expect(balance(fail)).rejects.toThrow('outage');

    await expect(balance(fail)).resolves.toBeUndefined();
  });

  it('answer with the last good value of the same key', async () => {
    await expect(rateOf('EUR', async () => 1.1)).resolves.toBe(1.1);

    await expect(rateOf('EUR', fail)).resolves.toBe(1.1);
    await expect(rateOf('USD', fail)).rejects.toThrow('outage');
  });

  it('tell the next service how much time is left', async () => {
    const fetched = vi.fn<typeof fetch>().mockImplementation(async () => new Response());
    vi.stubGlobal('fetch', fetched);

    await findCustomer('http://customer:3000');

    const { headers } = fetched.mock.calls[0]![1]!;
    expect(Number((headers as Record<string, string>)['x-request-timeout-ms'])).toBeGreaterThan(1_000);
    expect(Number((headers as Record<string, string>)['x-request-timeout-ms'])).toBeLessThanOrEqual(2_000);
  });

  it('let five seconds pass at once', async () => {
    for (let call = 1; call <= 2; call++) await expect(ledger.execute(fail)).rejects.toThrow('outage');
    await expect(ledger.execute(async () => 1)).rejects.toBeInstanceOf(CallNotPermittedError);

    waitInOpenIsOver();

    await expect(ledger.execute(async () => 1)).resolves.toBe(1);
  });

  it('show metrics and log transitions', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue();

    circuitBreakerRegistry.getOrCreate('customer').transitionToOpenState();

    await expect(metrics.metrics()).resolves.toContain(
      'resilience4j_circuitbreaker_state{name="customer",state="open",application="account"} 1',
    );
    expect(warned).toHaveBeenCalledOnce();
  });

  it('make the options that are named', () => {
    expect(reads.config.retryOnResult?.(new Response('', { status: 503 }))).toBe(true);
    expect(retries.getOrCreate('anything').config.retryBudget).toBe('customer');
    expect(search.config.delay).toBeUndefined();
    expect(hedges.getOrCreate('search').config.delay).toBe(200);
    expect(bulkhead.config.maxWaitDuration).toBe(100);
    expect(rateLimiter.config.limitRefreshPeriod).toBe(1_000);
    expect(limiter.config.algorithm).toBe('GRADIENT');
    expect(recovering.config.rampUpSteps).toStrictEqual([10, 25, 50]);
  });

  it('make a Nest application with actuator, health and problem details', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(import.meta.dirname);
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();

    const registry = testing.get(registryToken('circuitBreaker'), { strict: false });
    expect(registry.getOrCreate('customer').config.slidingWindowSize).toBe(10);
    await testing.close();
  });
});
