import { CallNotPermittedError, registryToken } from '@breakwater/resilience';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findings, warnings } from './doctor/doctor-warnings.ts';
import { AppModule, CustomerDirectory, OperableAppModule } from './nest.ts';
import { registry } from './opossum.ts';
import * as plainNode from './plain-node.ts';

const folder = import.meta.dirname;
const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');

const fail = async (): Promise<never> => {
  throw new Error('outage');
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('The examples for NestJS', () => {
  it('work with the configuration in the README', async () => {
    expect(await read('../../../README.md')).toContain(await read('resilience.yml'));
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const application = await (await Test.createTestingModule({ imports: [AppModule] }).compile()).init();
    const breaker = application.get(registryToken('circuitBreaker')).getOrCreate('customer');

    expect(warn.mock.calls).toStrictEqual([]);
    breaker.transitionToOpenState();

    expect(warn.mock.calls).toStrictEqual([[expect.stringContaining('went from CLOSED to OPEN')]]);
    expect(breaker.config).toMatchObject({ slidingWindowSize: 10, slowCallDurationThreshold: 1_000 });
    await expect(application.get(CustomerDirectory).verify('c-1001')).resolves.toBe('unverified');
    await application.close();
  });

  it('make an application with actuator, health and problem details', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    const testing = await Test.createTestingModule({ imports: [OperableAppModule] }).compile();

    const registry = testing.get(registryToken('circuitBreaker'), { strict: false });
    expect(registry.getOrCreate('customer').config.slidingWindowSize).toBe(10);
    await testing.close();
  });
});

describe('The examples for plain Node.js', () => {
  it('describe the pipeline as in the README of the library', async () => {
    expect(await read('../README.md')).toContain(plainNode.customer.describe());
  });

  it('read a file', () => {
    expect(plainNode.configured.describe()).toBe('retry(circuitBreaker(call))');
    expect(plainNode.circuitBreakers.getOrCreate('customer').config.slowCallRateThreshold).toBe(80);
  });

  it('distinguish a refusal from a failure', async () => {
    for (let call = 1; call <= 10; call++) await expect(plainNode.balance(fail)).rejects.toThrow('outage');

    await expect(plainNode.balance(fail)).resolves.toBeUndefined();
  });

  it('return the last good value of the same key', async () => {
    const { rateOf } = plainNode;
    await expect(rateOf('EUR', async () => 1.1)).resolves.toBe(1.1);

    await expect(rateOf('EUR', fail)).resolves.toBe(1.1);
    await expect(rateOf('USD', fail)).rejects.toThrow('outage');
  });

  it('send the remaining time to the next service', async () => {
    const fetched = vi.fn<typeof fetch>().mockImplementation(async () => new Response());
    vi.stubGlobal('fetch', fetched);

    await plainNode.findCustomer('http://customer:3000');

    const { headers } = fetched.mock.calls[0]![1]!;
    expect(Number((headers as Record<string, string>)['x-request-timeout-ms'])).toBeGreaterThan(1_000);
    expect(Number((headers as Record<string, string>)['x-request-timeout-ms'])).toBeLessThanOrEqual(2_000);
  });

  it('advance time in tests', async () => {
    const { inTest, waitInOpen } = plainNode;
    for (let call = 1; call <= 2; call++) await expect(inTest.execute(fail)).rejects.toThrow('outage');
    await expect(inTest.execute(async () => 1)).rejects.toBeInstanceOf(CallNotPermittedError);

    waitInOpen();

    await expect(inTest.execute(async () => 1)).resolves.toBe(1);
  });

  it('bind metrics and log transitions', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue();

    plainNode.circuitBreakerRegistry.getOrCreate('customer').transitionToOpenState();

    await expect(plainNode.metrics.metrics()).resolves.toContain(
      'resilience4j_circuitbreaker_state{name="customer",state="open",application="account"} 1',
    );
    expect(warned).toHaveBeenCalledOnce();
  });

  it('set the options that they describe', () => {
    const { reads, budgeted, search, hedges, bulkhead, rateLimiter, limiter, recovering } = plainNode;

    expect(reads.config.retryOnResult?.(new Response('', { status: 503 }))).toBe(true);
    expect(budgeted.getOrCreate('anything').config.retryBudget).toBe('customer');
    expect(search.config.delay).toBeUndefined();
    expect(hedges.getOrCreate('search').config.delay).toBe(200);
    expect(bulkhead.config.maxWaitDuration).toBe(100);
    expect(rateLimiter.config.limitRefreshPeriod).toBe(1_000);
    expect(limiter.config.algorithm).toBe('GRADIENT');
    expect(recovering.config.rampUpSteps).toStrictEqual([10, 25, 50]);
  });
});

describe('The other examples', () => {
  it('run a circuit breaker on opossum', () => {
    const breaker = registry.getOrCreate('customer');

    expect(breaker.config.engine).toBe('opossum');
    breaker.dispose();
  });

  it('show the findings of the doctor', () => {
    expect(warnings).toEqual([expect.stringContaining('(half-open-can-hang)')]);
    expect(findings()).toEqual([expect.objectContaining({ instance: 'customer', code: 'half-open-can-hang' })]);
  });
});
