import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the rate limiter of this name, in a provider or a controller of any scope. Each call needs a
 * permission; of an Observable, each subscription.
 *
 * @example
 * class CustomerClient {
 *   @RateLimiter({ name: 'customer', fallbackMethod: { method: 'later', on: RateLimitExceededError } })
 *   async findById(id: string): Promise<Customer> { … }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function RateLimiter(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('rateLimiter', '@RateLimiter', options);
}
