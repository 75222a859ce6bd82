import { type PipelineDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Protects a method with the pipeline of this name, in a provider or a controller of any scope: one that is declared in code or
 * in files, else the policies that have an instance of this name, in the default order. Any other name stops the start-up. A
 * fallback method applies to the whole pipeline.
 *
 * @example
 * // resilience4j.pipelines.customer: [retry, circuitBreaker, timeLimiter, bulkhead]
 * class CustomerClient {
 *   @UsePipeline('customer')
 *   async findById(id: string): Promise<Customer> {
 *     const response = await fetch(`${this.url}/${id}`, { signal: currentCallContext().signal });
 *     …
 *   }
 * }
 * @example
 * // resilience4j.pipelines.rates: [cachedFallback, circuitBreaker]
 * class Rates {
 *   @UsePipeline({ name: 'rates', key: (currency: string) => currency, staleMethod: 'stale' })
 *   async find(currency: string): Promise<Rate> { … }
 *
 *   protected stale(currency: string, { value, ageMs }: StaleValue<Rate>): Rate {
 *     return { ...value, ageMs };
 *   }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function UsePipeline(options: string | PipelineDecoratorOptions): MethodDecorator {
  return protectingDecorator('pipeline', '@UsePipeline', options);
}
