import { Inject, type Provider, Scope } from '@nestjs/common';
import { INQUIRER } from '@nestjs/core';
import { InvalidOptionsError } from '../core/errors.ts';
import { ResilienceRegistries } from './resilience-registries.ts';

const injectedNames = new Set<string>();

/** The token under which the pipeline of this name is injected, for those who want to override it in a test. */
export function pipelineToken(name: string): string {
  return `Pipeline '${name}'`;
}

/**
 * Injects the pipeline of this name, as a constructor parameter or a property: one that is declared in code or in files,
 * else the patterns that have an instance of this name, in the default order. A name that is neither stops the start-up.
 *
 * @example
 * constructor(@InjectPipeline('customer') private readonly customer: Pipeline) {}
 *
 * findById(id: string): Promise<Customer> {
 *   return this.customer.execute(({ signal }) => this.fetchCustomer(id, signal));
 * }
 */
export function InjectPipeline(name: string): ParameterDecorator & PropertyDecorator {
  injectedNames.add(name);
  return Inject(pipelineToken(name));
}

/**
 * A provider for each name that a decorator has asked for. Transient, so that an application makes only those that its
 * own classes ask for; it is the registry's one pipeline all the same.
 */
export function injectedPipelineProviders(): readonly Provider[] {
  return [...injectedNames].map((name) => ({
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
}
