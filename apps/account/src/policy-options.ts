import type { CircuitBreakerEngines } from '@breakwater/resilience';
import { opossumEngine } from '@breakwater/resilience/opossum';
import type { ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { customerPolicies } from './customer/customer.module.ts';

/** What circuit breakers can run on (`engine: opossum`), in addition to the library's sliding window. */
const engines = { opossum: opossumEngine };

const packageFile = (name: string): URL => new URL(`../${name}`, import.meta.url);

/** What the lab entry adds to the options of the policies. */
export interface MorePolicyOptions {
  /** Configuration files of this package that are loaded after `resilience.yml`. Default: none. */
  readonly moreConfigFiles?: readonly string[];
  /** What circuit breakers can run on in addition. Default: nothing. */
  readonly moreEngines?: CircuitBreakerEngines;
}

/** The sources of the policies' options, except for the environment. */
export const policyOptions = (
  config: { readonly RESILIENCE_CONFIG?: string | undefined; readonly CUSTOMER_URL: readonly string[] },
  { moreConfigFiles = [], moreEngines = {} }: MorePolicyOptions = {},
) =>
  ({
    configFiles: [
      config.RESILIENCE_CONFIG ?? packageFile('resilience.yml'),
      ...moreConfigFiles.map((name) => packageFile(name)),
    ],
    engines: { ...engines, ...moreEngines },
    ...customerPolicies(config.CUSTOMER_URL),
  }) satisfies ResilienceModuleOptions;
