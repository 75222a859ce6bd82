import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom, Observable, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { CachedFallback } from '../../core/cached-fallback/cached-fallback.ts';
import type { CircuitBreaker as Breaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { PipelineRegistry } from '../../core/pipeline.registry.ts';
import { kindsOf, type PolicyRegistry, registryToken } from '../../core/policies.ts';
import type { Policy } from '../../core/policy.ts';
import type { Retry as RetryPolicy } from '../../core/retry/retry.ts';
import { Bulkhead, CircuitBreaker, RateLimiter, Retry, TimeLimiter, UsePipeline } from '../decorators.ts';
import { InjectPipeline, InjectPolicy } from '../inject.decorators.ts';
import { InjectRegistry } from '../registries.provider.ts';
import { ResilienceModule } from '../resilience.module.ts';
import { ResilienceTestingModule } from './resilience-testing.module.ts';

const outage = new Error('outage');

@Injectable()
class CustomerClient {
  readonly find = vi.fn<(id: string) => Promise<string>>();

  @UsePipeline({ name: 'customer', key: (id: string) => id })
  @Retry('customer')
  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  @RateLimiter('customer')
  @TimeLimiter('customer')
  @Bulkhead('customer')
  async verify(id: string): Promise<string> {
    return this.find(id);
  }

  @CircuitBreaker({ name: (id: string) => id, fallbackMethod: 'unverified' })
  async verifyByName(id: string): Promise<string> {
    return this.find(id);
  }

  @Retry('customer')
  stream(id: string): Observable<string> {
    return of(id);
  }

  async unverified(id: string): Promise<string> {
    return `${id} is unverified`;
  }
}

async function created<T>(type: Type<T>, ...imports: Type<unknown>[]): Promise<T> {
  const module = await Test.createTestingModule({
    imports: [ResilienceTestingModule, ...imports],
    providers: [type],
  }).compile();
  await module.init();
  return module.get(type);
}

describe('ResilienceTestingModule', () => {
  it('runs decorated methods directly, with policies that no configuration has', async () => {
    const client = await created(CustomerClient);
    client.find.mockResolvedValue('verified');

    await expect(client.verify('c-1')).resolves.toBe('verified');
    await expect(firstValueFrom(client.stream('c-1'))).resolves.toBe('c-1');
    expect(client.find).toHaveBeenCalledExactlyOnceWith('c-1');
  });

  it('rejects with the error of the method, without attempts and fallback', async () => {
    const client = await created(CustomerClient);
    client.find.mockRejectedValue(outage);

    for (let call = 1; call <= 300; call++) {
      await expect(client.verify('c-1')).rejects.toBe(outage);
      expect(client.find).toHaveBeenCalledTimes(call);
    }
    await expect(client.verifyByName('c-1')).rejects.toBe(outage);
  });

  it('runs calls of injected policies, registries and pipelines directly', async () => {
    @Injectable()
    class Ledger {
      @InjectPolicy('circuitBreaker', 'ledger') readonly breaker!: Breaker;
      @InjectPolicy('retry', 'ledger') readonly retry!: RetryPolicy;
      @InjectPipeline('ledger') readonly pipeline!: Pipeline;
      @InjectRegistry('bulkhead') readonly bulkheads!: PolicyRegistry<'bulkhead'>;
      @Inject(PipelineRegistry) readonly pipelines!: PipelineRegistry;
    }
    const ledger = await created(Ledger);
    const { breaker, retry, pipeline, bulkheads, pipelines } = ledger;
    const tested: Policy[] = [breaker, retry, pipeline, bulkheads.getOrCreate('ledger'), pipelines.pipeline('other')];

    for (const policy of tested) {
      const call = vi.fn(() => Promise.reject(outage));
      for (let calls = 1; calls <= 150; calls++) {
        await expect(policy.execute(call)).rejects.toBe(outage);
        expect(call).toHaveBeenCalledTimes(calls);
      }
    }
    expect(breaker.state).toBe('CLOSED');
    expect(breaker.config.failureRateThreshold).toBe(50);
  });

  it.each(kindsOf())('has a registry of the kind %s, whose policies run calls directly', async (kind) => {
    const module = await Test.createTestingModule({ imports: [ResilienceTestingModule] }).compile();
    const instance: object = module.get<PolicyRegistry<typeof kind>>(registryToken(kind)).getOrCreate('ledger');

    if (!('execute' in instance)) return;
    const call = vi.fn(() => Promise.reject(outage));
    await expect((instance as Policy).execute(call)).rejects.toBe(outage);
    expect(call).toHaveBeenCalledOnce();
    if (instance instanceof CachedFallback) await expect(instance.withKey('k').execute(call)).rejects.toBe(outage);
  });

  it('serves the modules of an application that have definitions', async () => {
    @Module({
      imports: [ResilienceModule.forFeature({ retry: { instances: { customer: { maxAttempts: 5 } } } })],
      providers: [CustomerClient],
      exports: [CustomerClient],
    })
    class CustomerModule {}
    const module = await Test.createTestingModule({ imports: [ResilienceTestingModule, CustomerModule] }).compile();
    const client = module.get(CustomerClient);
    client.find.mockRejectedValue(outage);

    await expect(client.verify('c-1')).rejects.toBe(outage);
    expect(client.find).toHaveBeenCalledOnce();
  });
});
