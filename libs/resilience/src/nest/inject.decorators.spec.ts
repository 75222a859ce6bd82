import { Injectable, type Provider, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { Pipeline } from '../core/pipeline.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { registryToken } from '../core/policies.ts';
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
