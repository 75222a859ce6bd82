import { type FactoryProvider, Inject, Logger } from '@nestjs/common';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { systemClock } from '../core/clock.ts';
import {
  kindsOf,
  policies,
  type PolicyKind,
  type PolicyRegistries,
  registriesInEnvironment,
  registryToken,
} from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { Registry } from '../core/registry.ts';
import { ConfigurationSource } from './configuration-source.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The token of the configuration that the application started with. */
export const resilienceConfiguration = Symbol('ResilienceConfiguration');

/** The token of the registries of all kinds. */
export const policyRegistries = Symbol('PolicyRegistries');

/**
 * Injects the registry of a kind of policy.
 *
 * @example
 * constructor(@InjectRegistry('bulkhead') private readonly bulkheads: PolicyRegistry<'bulkhead'>) {}
 */
export function InjectRegistry(kind: PolicyKind): ParameterDecorator & PropertyDecorator {
  return Inject(registryToken(kind));
}

/** The configuration, made of code, files and environment. */
const configurationProvider: FactoryProvider<ResilienceConfig> = {
  provide: resilienceConfiguration,
  inject: [ConfigurationSource],
  useFactory: async (source: ConfigurationSource) => {
    const config = await source.load();
    const logger = new Logger('ResilienceModule');
    for (const warning of config.warnings) logger.warn(warning);
    return config;
  },
};

/** The configuration, a registry for each policy of the table by its token, and all of them together. */
export function registryProviders(table: PolicyTable = policies): readonly FactoryProvider[] {
  const kinds = kindsOf(table);
  const tokens = kinds.map((kind) => registryToken(kind));
  const registries = table.map((definition, at): FactoryProvider => ({
    provide: tokens[at]!,
    inject: [resilienceConfiguration, resilienceOptions, ...tokens.slice(0, at)],
    useFactory: (config: ResilienceConfig, options: ResilienceModuleOptions, ...above: unknown[]) => {
      const { clock = systemClock, random = Math.random, engines = {}, dynamicInstances = {} } = options;
      const { kind } = definition;
      const shared = registriesInEnvironment(kind, (other) => above[kinds.indexOf(other as PolicyKind)], table);
      const environment = { clock, random, engines, dynamicInstances, ...shared };
      return new Registry(definition, config[kind as PolicyKind], environment);
    },
  }));
  const all: FactoryProvider<PolicyRegistries> = {
    provide: policyRegistries,
    inject: tokens,
    useFactory: (...made: unknown[]) =>
      Object.fromEntries(kinds.map((kind, at) => [kind, made[at]])) as unknown as PolicyRegistries,
  };
  return [configurationProvider, ...registries, all];
}
