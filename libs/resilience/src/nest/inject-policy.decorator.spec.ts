import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { registryToken } from '../core/policies.ts';
import { InjectPolicy, policyToken } from './inject-policy.decorator.ts';
import { ResilienceModule } from './resilience.module.ts';

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
