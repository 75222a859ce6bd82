import { CircuitBreakerRegistry, definePipeline, RetryRegistry } from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';

const { circuitBreaker, retry, warnings } = await loadResilienceConfig({
  files: [new URL('resilience.yml', import.meta.url)],
});
for (const warning of warnings) process.emitWarning(warning);

export const circuitBreakers = new CircuitBreakerRegistry(circuitBreaker);
export const retries = new RetryRegistry(retry);

export const customer = definePipeline('customer', {
  retry: retries.retry('customer'),
  circuitBreaker: circuitBreakers.circuitBreaker('customer'),
});
