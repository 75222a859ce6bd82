import { Injectable, type Provider, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { Pipeline } from '../core/pipeline.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { registryToken } from '../core/policies.ts';
import { Retry } from '../core/retry/retry.ts';
import { InjectPipeline, InjectPolicy, pipelineToken, policyToken } from './inject.decorators.ts';
import { ResilienceModule } from './resilience.module.ts';
import type { ResilienceModuleOptions } from './resilience.options.ts';

@Injectable()
class CustomerClient {
  @InjectPolicy('circuitBreaker', 'in-property') readonly property!: CircuitBreaker;
  readonly parameter: CircuitBreaker;

  constructor(@InjectPolicy('circuitBreaker', 'in-parameter') parameter: CircuitBreaker) {
    this.parameter = parameter;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends CustomerClient {}

describe('@InjectPolicy', () => {
  const imports = [ResilienceModule.forRoot({ env: {} })];

  it('injects the instance of the registry, as a parameter or a property', async () => {
    const application = await Test.createTestingModule({ imports, providers: [CustomerClient, PerRequest] }).compile();
    const registry = application.get(registryToken('circuitBreaker'));
    const perRequest = await application.resolve(PerRequest, ContextIdFactory.create());

    for (const client of [application.get(CustomerClient), perRequest]) {
      expect(client.parameter).toBe(registry.getOrCreate('in-parameter'));
      expect(client.property).toBe(registry.getOrCreate('in-property'));
    }
  });

  it('creates only the instances that the application injects', async () => {
    const application = await Test.createTestingModule({ imports }).compile();
    await application.init();

    expect(application.get(registryToken('circuitBreaker')).all()).toStrictEqual([]);
  });

  it('works for classes that are declared after the module', async () => {
    class Late {
      @InjectPolicy('circuitBreaker', 'late') readonly circuitBreaker!: CircuitBreaker;
    }
    const application = await Test.createTestingModule({ imports, providers: [Late] }).compile();

    expect(application.get(Late).circuitBreaker.name).toBe('late');
  });

  it('can be overridden by its token', async () => {
    const other = new CircuitBreaker('other');
    const application = await Test.createTestingModule({ imports, providers: [CustomerClient] })
      .overrideProvider(policyToken('circuitBreaker', 'in-parameter'))
      .useValue(other)
      .compile();

    expect(application.get(CustomerClient).parameter).toBe(other);
  });
});

describe('@InjectPipeline', () => {
  @Injectable()
  class Injected {
    @InjectPipeline('customer') readonly property!: Pipeline;
    readonly parameter: Pipeline;

    constructor(@InjectPipeline('customer') parameter: Pipeline) {
      this.parameter = parameter;
    }
  }

  async function applicationWith(options: ResilienceModuleOptions, ...providers: Provider[]) {
    const imports = [ResilienceModule.forRoot({ env: {}, ...options })];
    const application = await Test.createTestingModule({ imports, providers }).compile();
    return application.init();
  }

  it('injects the one pipeline of this name, as a parameter or a property', async () => {
    const application = await applicationWith({ pipelines: { customer: ['retry'] } }, Injected);
    const { property, parameter } = application.get(Injected);

    expect(property).toBe(application.get(PipelineRegistry).pipeline('customer'));
    expect(parameter).toBe(property);
  });

  it('injects the policies of this name in the default order if no pipeline is declared', async () => {
    const application = await applicationWith({ retry: { instances: { customer: {} } } }, Injected);

    expect(application.get(Injected).parameter.describe()).toBe('retry(call)');
  });

  it('stops the start-up for an unknown name, and names the class that injects it', async () => {
    await expect(applicationWith({}, Injected)).rejects.toThrow(
      "Injected: name of @InjectPipeline is 'customer', which is no pipeline; " +
        'allowed: a declared pipeline (none is declared), or a name that at least one instance has',
    );
  });

  it('can be overridden by its token', async () => {
    const other = new Pipeline('other', []);
    const application = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env: {} })],
      providers: [Injected],
    })
      .overrideProvider(pipelineToken('customer'))
      .useValue(other)
      .compile();

    expect(application.get(Injected).parameter).toBe(other);
  });
});

describe('environment variables for a name with punctuation that only an injection has (Resilience4j#1226)', () => {
  class InProperty {
    @InjectPolicy('retry', 'customer.v1') readonly retry!: Retry;
    @InjectPipeline('ledger-v1') readonly pipeline!: Pipeline;
  }

  class InSubclass extends InProperty {}

  class InParameter {
    readonly retry: Retry;
    readonly pipeline: Pipeline;

    constructor(
      @InjectPolicy('retry', 'customer.v1') retry: Retry,
      @InjectPipeline('ledger-v1') pipelineOfLedger: Pipeline,
    ) {
      this.retry = retry;
      this.pipeline = pipelineOfLedger;
    }
  }

  const created: Provider = {
    provide: 'created',
    inject: [policyToken('retry', 'customer.v1'), { token: pipelineToken('ledger-v1'), optional: false }],
    useFactory: (retry: Retry, pipelineOfLedger: Pipeline) => ({ retry, pipeline: pipelineOfLedger }),
  };

  it.each([
    ['a property', InProperty, InProperty],
    ['a property of a base class', InSubclass, InSubclass],
    ['a constructor parameter', InParameter, InParameter],
    ['a factory', created, 'created'],
  ] as const)('set the injected instance and pipeline, without a second one: %s', async (_, provider, token) => {
    const env = {
      RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_V1_MAXATTEMPTS: '9',
      RESILIENCE4J_PIPELINES_LEDGER_V1: 'bulkhead,retry',
    };
    const application = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ env })],
      providers: [provider],
    }).compile();
    await application.init();
    const injected = application.get<InProperty>(token);

    expect(injected.retry.config.maxAttempts).toBe(9);
    expect(injected.pipeline.describe()).toBe('bulkhead(retry(call))');
    expect(application.get(registryToken('retry')).names()).toStrictEqual(['customer.v1', 'ledger-v1']);
    expect(application.get(PipelineRegistry).names()).toStrictEqual(['ledger-v1']);
  });

  it('are not affected by injections into classes of another application', async () => {
    class OfOther {
      @InjectPolicy('retry', 'orders.v1') readonly retry!: Retry;
    }
    const application = await Test.createTestingModule({
      imports: [
        ResilienceModule.forRoot({
          env: { RESILIENCE4J_RETRY_INSTANCES_ORDERS_V1_MAXATTEMPTS: '9' },
          retry: { instances: { orders_v1: {} } },
        }),
      ],
    }).compile();
    await application.init();

    expect(OfOther.name).toBe('OfOther');
    expect(application.get(registryToken('retry')).getOrCreate('orders_v1').config.maxAttempts).toBe(9);
  });
});
