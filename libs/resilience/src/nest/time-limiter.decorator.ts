import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the time limiter of this name, in a provider or a controller of any scope. The time is that of all
 * that is below: of the decorators there, and of the method. Of an Observable it ends with the stream.
 *
 * The caller is answered in time; the work ends in time only if it heeds the signal of `currentCallContext()`.
 *
 * @example
 * class CustomerClient {
 *   @TimeLimiter('customer')
 *   async findById(id: string): Promise<Customer> {
 *     const { signal, deadline } = currentCallContext();
 *     const response = await fetch(`${this.url}/${id}`, { signal, headers: deadlineHeaders(deadline) });
 *     …
 *   }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function TimeLimiter(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('timeLimiter', '@TimeLimiter', options);
}
