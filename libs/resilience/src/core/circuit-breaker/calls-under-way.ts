import type { CallContext, ProtectedCall } from '../policy.ts';

/** The calls that a circuit breaker has admitted and that have not ended, so that they can be aborted together. */
export class CallsUnderWay {
  readonly #controllers = new Set<AbortController>();

  /** Runs `call` with a signal that follows the caller's and can be aborted from here. */
  async run<T>(call: ProtectedCall<T>, context: CallContext): Promise<T> {
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      const signal = AbortSignal.any([context.signal, controller.signal]);
      return await call({ ...context, signal, attempt: context.attempt });
    } finally {
      this.#controllers.delete(controller);
    }
  }

  abort(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
