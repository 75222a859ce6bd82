import { createRegistry, definePipeline } from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';

const { circuitBreaker, retry, warnings } = await loadResilienceConfig({
  files: [new URL('resilience.yml', import.meta.url)],
});
for (const warning of warnings) process.emitWarning(warning);

export const circuitBreakers = createRegistry('circuitBreaker', circuitBreaker);
export const retries = createRegistry('retry', retry);

export const customer = definePipeline('customer', {
  retry: retries.getOrCreate('customer'),
  circuitBreaker: circuitBreakers.getOrCreate('customer'),
});
