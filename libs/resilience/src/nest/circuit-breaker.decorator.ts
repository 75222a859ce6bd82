import { type PolicyDecoratorOptions, protectingDecorator } from './protecting-decorator.ts';

/**
 * Puts a method under the circuit breaker of this name, in a provider or a controller of any scope.
 *
 * The method returns a promise or an Observable. A promise is judged when it settles. Of an Observable each subscription
 * is a call: it succeeds at the end of the stream, or when the subscriber leaves after a value (as `firstValueFrom` does),
 * and one that leaves before gives its permission back.
 *
 * Several decorators of this library nest in the order written, the topmost outermost.
 *
 * @example
 * class CustomerClient {
 *   @CircuitBreaker({ name: 'customer', fallbackMethod: 'unknownCustomer' })
 *   async findById(id: string): Promise<Customer> { … }
 *
 *   private unknownCustomer(id: string, error: unknown): Customer { … }
 * }
 *
 * @throws TypeError when it is not put on a method of instances
 */
export function CircuitBreaker(options: string | PolicyDecoratorOptions): MethodDecorator {
  return protectingDecorator('circuitBreaker', '@CircuitBreaker', options);
}
