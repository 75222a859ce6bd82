import { Inject, type Provider, Scope } from '@nestjs/common';
import { INQUIRER } from '@nestjs/core';
import { InvalidOptionsError } from '../core/errors.ts';
import { type PolicyKind, type PolicyRegistry, registryToken } from '../core/policies.ts';
import { ResilienceRegistries } from './resilience-registries.ts';

const injectedPolicies = new Map<string, { readonly kind: PolicyKind; readonly name: string }>();
const injectedPipelines = new Set<string>();

/** The token of the instance of this kind and name, to override it in a test. */
export function policyToken(kind: PolicyKind, name: string): string {
  return `${kind} '${name}'`;
}

/** The token of the pipeline of this name, to override it in a test. */
export function pipelineToken(name: string): string {
  return `Pipeline '${name}'`;
}

/**
 * Injects the instance of this kind and name, as a constructor parameter or a property.
 *
 * @example
 * constructor(@InjectPolicy('circuitBreaker', 'customer') private readonly customer: CircuitBreaker) {}
 */
export function InjectPolicy(kind: PolicyKind, name: string): ParameterDecorator & PropertyDecorator {
  const token = policyToken(kind, name);
  injectedPolicies.set(token, { kind, name });
  return Inject(token);
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
  injectedPipelines.add(name);
  return Inject(pipelineToken(name));
}

/**
 * A provider for each policy and pipeline that a decorator injects. They are transient, so that an application creates
 * only those that its own classes inject; each provides the one instance of the registry.
 */
export function injectedProviders(): readonly Provider[] {
  const policies = [...injectedPolicies].map(([token, { kind, name }]) => ({
    provide: token,
    scope: Scope.TRANSIENT,
    inject: [registryToken(kind)],
    useFactory: (registry: PolicyRegistry<PolicyKind>) => registry.declare(name),
  }));
  const pipelines = [...injectedPipelines].map((name) => ({
    provide: pipelineToken(name),
    scope: Scope.TRANSIENT,
    inject: [ResilienceRegistries, INQUIRER],
    useFactory: (registries: ResilienceRegistries, inquirer: object | undefined) => {
      if (registries.hasPipeline(name)) return registries.pipeline(name);
      const option = `${inquirer?.constructor.name ?? 'A provider'}: name of @InjectPipeline`;
      throw new InvalidOptionsError('The use of resilience decorators', [
        { option, given: `'${name}', which is no pipeline`, allowed: registries.allowedPipelines(name) },
      ]);
    },
  }));
  return [...policies, ...pipelines];
}
