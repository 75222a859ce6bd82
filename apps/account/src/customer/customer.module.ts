import type { CallContext, CallEndpoint, EndpointPoolOptions } from '@breakwater/resilience';
import { runInCallContext, type ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { withoutSpans } from '@breakwater/service-kit';
import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerClient, CustomerUnavailableError } from './customer.client.ts';
import { CustomerDirectory, isUnavailable } from './customer-directory.ts';

/**
 * The options of the policies around customer that `resilience.yml` cannot give.
 *
 * @param urls of the replicas of customer, or one whose host has an address for each replica
 */
export const customerPolicies = (urls: readonly string[]) =>
  ({
    errorTypes: { CustomerUnavailableError },
    cachedFallback: { instances: { customer: { on: isUnavailable } } },
    endpointPool: { instances: { customer: { ...replicasAt(urls), healthProbe: lookUp } } },
  }) satisfies ResilienceModuleOptions;

/** The certificate of an `https` host names the host and not its addresses, so that these cannot be called. */
function replicasAt(urls: readonly string[]): EndpointPoolOptions {
  const [url] = urls;
  return urls.length === 1 && url?.startsWith('http:') ? { dnsUrl: url } : { endpoints: urls };
}

/**
 * Whether a replica answers a lookup, here of a customer who does not exist: it may be ready, and fail or hang all the same.
 *
 * @throws CustomerUnavailableError when it does not
 */
async function lookUp(endpoint: CallEndpoint, { signal }: Pick<CallContext, 'signal'>): Promise<void> {
  await withoutSpans(() =>
    runInCallContext({ endpoint, signal }, () => new CustomerClient(endpoint.url).findById('health-probe')),
  );
}

/** Provides the directory of customers to all modules. */
@Module({})
export class CustomerModule {
  /** @param url the base URL of calls that no endpoint pool is around */
  static forRoot(url: string): DynamicModule {
    return {
      module: CustomerModule,
      global: true,
      providers: [{ provide: CustomerClient, useFactory: () => new CustomerClient(url) }, CustomerDirectory],
      exports: [CustomerClient, CustomerDirectory],
    };
  }
}
