import type { PolicyMethodDecorator, FallbackResult } from './fallback.ts';
import {
  type PartitionedDecoratorOptions,
  type PipelineDecoratorOptions,
  policyDecorator,
  type PolicyDecoratorOptions,
} from './policy-decorator.ts';

/**
 * Protects a method with the circuit breaker of this name, in a provider or controller of any scope.
 *
 * The method returns a promise or an Observable. The outcome of a promise is recorded when it settles. For an
 * Observable, each subscription is a call: it succeeds when the stream completes, or when the subscriber unsubscribes
 * after a value (as `firstValueFrom` does). A subscriber that unsubscribes earlier releases its permission, and nothing
 * is recorded.
 *
 * Decorators of this library nest in the order written, the topmost outermost.
 *
 * @example
 * class CustomerClient {
 *   @CircuitBreaker({ name: 'customer', fallbackMethod: 'unknownCustomer' })
 *   async findById(id: string): Promise<Customer> { … }
 *
 *   private unknownCustomer(id: string, error: unknown): Customer { … }
 * }
 * @example
 * class CustomerClient {
 *   // The compiler checks the class, the parameters and the result.
 *   @CircuitBreaker({ name: 'customer', fallback: (self: CustomerClient, error, id: string) => self.unknown(id) })
 *   async findById(id: string): Promise<Customer> { … }
 * }
 *
 * @throws TypeError if it decorates anything but an instance method
 */
export function CircuitBreaker<
  S extends object,
  A extends unknown[] = never,
  R extends FallbackResult = FallbackResult,
>(options: string | PartitionedDecoratorOptions<S, A, R>): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('circuitBreaker', '@CircuitBreaker', options);
}

/**
 * Protects a method with the retry of this name, in a provider or controller of any scope. Each attempt calls the
 * decorators below and the method. If a decorator below has a fallback, the retry does not see the failure.
 *
 * For an Observable, each attempt is a subscription. Values that an attempt emits before it fails reach the subscriber,
 * as with RxJS's own `retry`. A value that `retryOnResult` selects is held back until the next one or the end: as the last
 * value of an attempt, it is the result that the retry judges. So `retryOnHttp` works with Nest's `HttpService`.
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
 * @throws TypeError if it decorates anything but an instance method
 */
export function Retry<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PolicyDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('retry', '@Retry', options);
}

/**
 * Limits the duration of a method with the time limiter of this name, in a provider or controller of any scope. The
 * limit covers the decorators below and the method; for an Observable, the whole stream.
 *
 * The caller gets its result or an error in time. The work itself stops in time only if it obeys the signal of
 * `currentCallContext()`.
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
 * @throws TypeError if it decorates anything but an instance method
 */
export function TimeLimiter<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PolicyDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('timeLimiter', '@TimeLimiter', options);
}

/**
 * Limits the concurrent calls of a method with the bulkhead of this name, in a provider or controller of any scope. A
 * call holds its permit until its promise settles; for an Observable, until the stream ends or the subscriber
 * unsubscribes.
 *
 * @example
 * class CustomerClient {
 *   @TimeLimiter('customer')
 *   @Bulkhead('customer')
 *   async findById(id: string): Promise<Customer> { … }
 * }
 *
 * @throws TypeError if it decorates anything but an instance method
 */
export function Bulkhead<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PartitionedDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('bulkhead', '@Bulkhead', options);
}

/**
 * Limits the rate of calls of a method with the rate limiter of this name, in a provider or controller of any scope.
 * Each call needs a permission; for an Observable, each subscription.
 *
 * @example
 * class Reports {
 *   // Each tenant has its own limit.
 *   @RateLimiter({ name: 'reports', partitionBy: (tenant: string) => tenant })
 *   async create(tenant: string, month: string): Promise<Report> { … }
 * }
 * @example
 * class CustomerClient {
 *   @RateLimiter({ name: 'customer', fallbackMethod: { method: 'later', on: RateLimitExceededError } })
 *   async findById(id: string): Promise<Customer> { … }
 * }
 *
 * @throws TypeError if it decorates anything but an instance method
 */
export function RateLimiter<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PartitionedDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('rateLimiter', '@RateLimiter', options);
}

/**
 * Chooses an endpoint for each call of a method with the endpoint pool of this name, in a provider or controller of any
 * scope. It is the innermost decorator; below a retry each attempt gets another endpoint while there is one.
 *
 * @example
 * // resilience4j.endpointpool.instances.customer.endpoints: http://10.0.0.7:3000, http://10.0.0.8:3000
 * class CustomerClient {
 *   @Retry('customer')
 *   @EndpointPool('customer')
 *   async findById(id: string): Promise<Customer> {
 *     const { signal, endpoint } = currentCallContext();
 *     const response = await fetch(`${endpoint?.url}/customers/${id}`, { signal });
 *     …
 *   }
 * }
 *
 * @throws TypeError if it decorates anything but an instance method
 */
export function EndpointPool<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PolicyDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('endpointPool', '@EndpointPool', options);
}

/**
 * Protects a method with the pipeline of this name, in a provider or controller of any scope: a pipeline that is
 * declared in code or in files; otherwise the policies that have an instance of this name, in the default order. With
 * any other name, the application does not start. A fallback method applies to the whole pipeline.
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
 * @throws TypeError if it decorates anything but an instance method
 */
export function UsePipeline<S extends object, A extends unknown[] = never, R extends FallbackResult = FallbackResult>(
  options: string | PipelineDecoratorOptions<S, A, R>,
): PolicyMethodDecorator<S, A, R> {
  return policyDecorator('pipeline', '@UsePipeline', options);
}
