import { Inject, type Provider, Scope } from '@nestjs/common';
import { INQUIRER } from '@nestjs/core';
import { InvalidOptionsError } from '../core/errors.ts';
import { type PolicyKind, type PolicyRegistry, registryToken } from '../core/policies.ts';
import { allInjections, declareInjection, type Injection, pipelineToken, policyToken } from './injected-names.ts';
import { ResilienceRegistries } from './resilience-registries.ts';

export { pipelineToken, policyToken } from './injected-names.ts';

/**
 * Injects the instance of this kind and name, as a constructor parameter or a property.
 *
 * @example
 * constructor(@InjectPolicy('circuitBreaker', 'customer') private readonly customer: CircuitBreaker) {}
 */
export function InjectPolicy(kind: PolicyKind, name: string): ParameterDecorator & PropertyDecorator {
  return inject({ kind, name }, policyToken(kind, name));
}

/**
 * Injects the pipeline of this name, as a constructor parameter or a property: a pipeline that is declared in code or
 * in files; otherwise the policies that have an instance of this name, in the default order. With any other name, the
 * application does not start.
 *
 * @example
 * constructor(@InjectPipeline('customer') private readonly customer: Pipeline) {}
 *
 * findById(id: string): Promise<Customer> {
 *   return this.customer.execute(({ signal }) => this.fetchCustomer(id, signal));
 * }
 */
export function InjectPipeline(name: string): ParameterDecorator & PropertyDecorator {
  return inject({ kind: 'pipeline', name }, pipelineToken(name));
}

/** Of a constructor parameter, or of a property, which has no index. */
type InjectionDecorator = (target: object, key: string | symbol | undefined, index?: number) => void;

function inject(injection: Injection, token: string): ParameterDecorator & PropertyDecorator {
  const decorate = Inject(token) as InjectionDecorator;
  return (target: object, key: string | symbol | undefined, index?: number) => {
    declareInjection(injection, target);
    decorate(target, key, index);
  };
}

/**
 * A provider for each policy and pipeline that a decorator injects. They are transient, so that an application creates
 * only those that its own classes inject; each provides the one instance of the registry.
 */
export function injectedProviders(): readonly Provider[] {
  return allInjections().map(({ kind, name, token }) =>
    kind === 'pipeline' ? pipelineProvider(name, token) : policyProvider(kind, name, token),
  );
}

function policyProvider(kind: PolicyKind, name: string, token: string): Provider {
  return {
    provide: token,
    scope: Scope.TRANSIENT,
    inject: [registryToken(kind)],
    useFactory: (registry: PolicyRegistry<PolicyKind>) => registry.declare(name),
  };
}

function pipelineProvider(name: string, token: string): Provider {
  return {
    provide: token,
    scope: Scope.TRANSIENT,
    inject: [ResilienceRegistries, INQUIRER],
    useFactory: (registries: ResilienceRegistries, inquirer: object | undefined) => {
      if (registries.hasPipeline(name)) return registries.pipeline(name);
      const option = `${inquirer?.constructor.name ?? 'A provider'}: name of @InjectPipeline`;
      throw new InvalidOptionsError('The use of resilience decorators', [
        { option, given: `'${name}', which is no pipeline`, allowed: registries.allowedPipelines(name) },
      ]);
    },
  };
}
