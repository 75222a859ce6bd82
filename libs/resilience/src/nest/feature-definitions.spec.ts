import { Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { registryToken } from '../core/policies.ts';
import type { ResilienceFeature } from './feature-definitions.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';
import { Retry } from './decorators.ts';

@Injectable()
class CustomerClient {
  @Retry('customer')
  async find(): Promise<void> {}
}

function moduleWith(feature: ResilienceFeature): Type {
  @Module({ imports: [ResilienceModule.forFeature(feature)], providers: [CustomerClient] })
  class FeatureModule {}
  return FeatureModule;
}

async function start(options: ResilienceModuleOptions, ...features: ResilienceFeature[]) {
  const imports = [...features.map(moduleWith), ResilienceModule.forRoot({ env: {}, ...options })];
  const application = await Test.createTestingModule({ imports }).compile();
  return application.init();
}

describe('ResilienceModule.forFeature', () => {
  it('defines instances, configurations and pipelines in the module that uses them', async () => {
    const application = await start(
      { retry: { configs: { patient: { maxAttempts: 9 } } } },
      { retry: { instances: { customer: { baseConfig: 'patient' } } }, pipelines: { customer: ['retry'] } },
      { circuitBreaker: { configs: { default: { slidingWindowSize: 5 } } } },
    );

    expect(application.get(registryToken('retry')).find('customer')?.config.maxAttempts).toBe(9);
    expect(application.get(registryToken('circuitBreaker')).getOrCreate('any').config.slidingWindowSize).toBe(5);
    expect(application.get(PipelineRegistry).names()).toStrictEqual(['customer']);
  });

  it('is overridden by environment variables', async () => {
    const env = { RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_MAXATTEMPTS: '4' };
    const application = await start({ env }, { retry: { instances: { customer: { maxAttempts: 2 } } } });

    expect(application.get(registryToken('retry')).find('customer')?.config.maxAttempts).toBe(4);
  });

  it('accepts equal definitions of the same name in two modules', async () => {
    const feature = { retry: { instances: { customer: { retryExceptions: [TypeError] } } } };

    const application = await start(feature, feature, structuredCloneOf(feature));

    expect(application.get(registryToken('retry')).find('customer')?.config.retryExceptions).toStrictEqual([TypeError]);
  });

  it.each([
    [
      { retry: { instances: { customer: { maxAttempts: 2, waitDuration: 1 } } } },
      { retry: { instances: { customer: { maxAttempts: 3, waitDuration: 1 } } } },
      "Retry 'customer' exists already with other options (maxAttempts)",
    ],
    [
      { bulkhead: { configs: { default: {} } } },
      { bulkhead: { configs: { default: { maxConcurrentCalls: 3 } } } },
      "Bulkhead configuration 'default' exists already with other options (maxConcurrentCalls)",
    ],
    [
      { pipelines: { customer: ['retry'] } },
      { pipelines: { customer: ['bulkhead'] } },
      "Pipeline 'customer' exists already with other options (policies)",
    ],
  ] as const)('rejects different definitions of the same name in two modules: %j, %j', async (one, other, message) => {
    await expect(start({}, one, other)).rejects.toThrow(message);
    await expect(start(one, other)).rejects.toThrow(message);
  });

  it('requires the root module', async () => {
    const compiling = Test.createTestingModule({ imports: [ResilienceModule.forFeature({})] }).compile();

    await expect(compiling).rejects.toThrow(/ResilienceFeatureModule.*ResilienceRegistries/);
  });
});

/** An equal copy; error classes are not copied. */
function structuredCloneOf({ retry }: { retry: { instances: { customer: object } } }): ResilienceFeature {
  return { retry: { instances: { customer: { ...retry.instances.customer } } } };
}
