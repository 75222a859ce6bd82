import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallContext, toCallContext } from '../core/policy.ts';

const contexts = new AsyncLocalStorage<CallContext>();

/**
 * What the running call may know about itself: its signal, which attempt it is, and its deadline. A decorated method is
 * given them by the decorators above it, and by those of the methods that called it, however deep. Outside of any it is
 * a context that never ends.
 *
 * Hand the signal on: without it a time limiter answers in time, but the work goes on.
 *
 * @example
 * class CustomerClient {
 *   @Retry('customer')
 *   @TimeLimiter('customer')
 *   async findById(id: string): Promise<Customer> {
 *     const { signal, deadline } = currentCallContext();
 *     const response = await fetch(`${this.url}/${id}`, { signal, headers: deadlineHeaders(deadline) });
 *     return (await response.json()) as Customer;
 *   }
 * }
 */
export function currentCallContext(): CallContext {
  return contexts.getStore() ?? toCallContext();
}

/**
 * Does `work` in this context instead of the present one: where a message or a job comes in that has a deadline or can be
 * aborted. In an empty one (`{}`) work outlives the call that starts it.
 *
 * @example
 * await runInCallContext({ deadline: Deadline.after('30s') }, () => this.handle(message));
 */
export function runInCallContext<T>(context: Partial<CallContext>, work: () => T): T {
  return contexts.run(toCallContext(context), work);
}

/** The context that a call inherits; `undefined` when there is none. */
export function inheritedCallContext(): CallContext | undefined {
  return contexts.getStore();
}
