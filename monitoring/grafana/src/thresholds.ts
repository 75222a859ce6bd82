import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The rates of failed and of slow calls, in percent, at which a circuit breaker opens. */
export interface RateThresholds {
  readonly failureRate: number;
  readonly slowCallRate: number;
}

interface ResilienceFile {
  readonly resilience4j: {
    readonly circuitbreaker: {
      readonly instances: {
        readonly customer: { readonly failureRateThreshold?: number; readonly slowCallRateThreshold?: number };
      };
    };
  };
}

/** Those of account's circuit breaker around customer, from its `resilience.yml`: no metric contains them. */
export function customerThresholds(): RateThresholds {
  const file = new URL('../../../apps/account/resilience.yml', import.meta.url);
  const { customer } = (parse(readFileSync(file, 'utf8')) as ResilienceFile).resilience4j.circuitbreaker.instances;
  // The defaults are Resilience4j's.
  return { failureRate: customer.failureRateThreshold ?? 50, slowCallRate: customer.slowCallRateThreshold ?? 100 };
}
