import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the bulkhead of this name, in a provider or a controller of any scope. A call holds its place until
 * its promise has settled; of an Observable, until the stream has ended or the subscriber has left.
 *
 * @example
 * class CustomerClient {
 *   @TimeLimiter('customer')
 *   @Bulkhead('customer')
 *   async findById(id: string): Promise<Customer> { … }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function Bulkhead(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('bulkhead', '@Bulkhead', options);
}
