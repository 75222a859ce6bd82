import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the pipeline of this name, in a provider or a controller of any scope: one that is declared in code
 * or in files, else the patterns that have an instance of this name, in the default order. A name that is neither stops
 * the start-up. A fallback method takes over from the whole of it.
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
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function UsePipeline(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('pipeline', '@UsePipeline', options);
}
