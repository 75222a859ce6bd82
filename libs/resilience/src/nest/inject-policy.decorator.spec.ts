import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { registryToken } from '../core/policies.ts';
import { circuitBreakerToken, InjectCircuitBreaker } from './inject-circuit-breaker.decorator.ts';
import { ResilienceModule } from './resilience.module.ts';

@Injectable()
class CustomerClient {
  @InjectCircuitBreaker('in-property') readonly property!: CircuitBreaker;
  readonly parameter: CircuitBreaker;

  constructor(@InjectCircuitBreaker('in-parameter') parameter: CircuitBreaker) {
    this.parameter = parameter;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends CustomerClient {}

describe('@InjectCircuitBreaker', () => {
  const imports = [ResilienceModule.forRoot({ env: {} })];

  it("gives the registry's circuit breaker of that name, as a parameter or a property", async () => {
    const application = await Test.createTestingModule({ imports, providers: [CustomerClient, PerRequest] }).compile();
    const registry = application.get(registryToken('circuitBreaker'));
    const perRequest = await application.resolve(PerRequest, ContextIdFactory.create());

    for (const client of [application.get(CustomerClient), perRequest]) {
      expect(client.parameter).toBe(registry.getOrCreate('in-parameter'));
      expect(client.property).toBe(registry.getOrCreate('in-property'));
    }
  });

  it('makes none that the application does not ask for', async () => {
    const application = await Test.createTestingModule({ imports }).compile();
    await application.init();

    expect(application.get(registryToken('circuitBreaker')).all()).toStrictEqual([]);
  });

  it('works for classes that come after the module', async () => {
    class Late {
      @InjectCircuitBreaker('late') readonly circuitBreaker!: CircuitBreaker;
    }
    const application = await Test.createTestingModule({ imports, providers: [Late] }).compile();

    expect(application.get(Late).circuitBreaker.name).toBe('late');
  });

  it('can be overridden by its token', async () => {
    const other = new CircuitBreaker('other');
    const application = await Test.createTestingModule({ imports, providers: [CustomerClient] })
      .overrideProvider(circuitBreakerToken('in-parameter'))
      .useValue(other)
      .compile();

    expect(application.get(CustomerClient).parameter).toBe(other);
  });
});
