import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the retry of this name, in a provider or a controller of any scope. Each attempt is a call of what
 * is below: of the decorators there, and of the method. A fallback of a decorator below hides a failure from it.
 *
 * Of an Observable each attempt is a subscription; what an attempt emits before it fails is handed on, as by RxJS's own
 * `retry`. A `retryOnResult` would come too late to hold such a value back: with it, an Observable stops the start-up.
 *
 * @example
 * class CustomerClient {
 *   @Retry({ name: 'customer', fallbackMethod: 'unknownCustomer' })
 *   @CircuitBreaker('customer')
 *   async findById(id: string): Promise<Customer> {
 *     const response = await fetch(`${this.url}/${id}`, { signal: currentCallContext().signal });
 *     …
 *   }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function Retry(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('retry', '@Retry', options);
}
