import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallContext, toCallContext } from '../core/policy.ts';

const contexts = new AsyncLocalStorage<CallContext>();

/**
 * The context of the current call: its signal, its attempt number and its deadline. It comes from the decorators of the
 * method and of the methods that call it, at any depth. Outside of a call, the context has no deadline and is never
 * aborted.
 *
 * Pass the signal on: without it, a time limiter returns in time, but the work continues.
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
 * Runs `work` in this context instead of the current one, e.g. in the handler of a message or a job that has a deadline
 * or can be aborted. In an empty context (`{}`), work continues after the call that starts it has ended.
 *
 * @example
 * await runInCallContext({ deadline: Deadline.after('30s') }, () => this.handle(message));
 */
export function runInCallContext<T>(context: Partial<CallContext>, work: () => T): T {
  return contexts.run(toCallContext(context), work);
}

/** The context that a nested call inherits; `undefined` outside of a call. */
export function inheritedCallContext(): CallContext | undefined {
  return contexts.getStore();
}
