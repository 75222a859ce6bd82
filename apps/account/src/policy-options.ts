import { opossumEngine } from '@breakwater/resilience/opossum';
import type { ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { customerPolicies } from './customer/customer.module.ts';

/** What circuit breakers can run on (`engine: opossum`), in addition to the library's sliding window. */
const engines = { opossum: opossumEngine };

const packageFile = (name: string): URL => new URL(`../${name}`, import.meta.url);

/**
 * The sources of the policies' options, except for the environment.
 *
 * @param moreConfigFiles of this package, which are loaded after `resilience.yml`
 */
export const policyOptions = (
  config: { readonly RESILIENCE_CONFIG?: string | undefined; readonly CUSTOMER_URL: readonly string[] },
  moreConfigFiles: readonly string[] = [],
) =>
  ({
    configFiles: [
      config.RESILIENCE_CONFIG ?? packageFile('resilience.yml'),
      ...moreConfigFiles.map((name) => packageFile(name)),
    ],
    engines,
    ...customerPolicies(config.CUSTOMER_URL),
  }) satisfies ResilienceModuleOptions;
