import { ProblemException } from '@breakwater/service-kit';
import { accountKinds } from '../accounts/accounts.problems.ts';

/** The longest that a request waits for others that write the same key, in this replica and in others, in milliseconds. */
const maxWaitMs = 1_000;

/** Returns what is left of the wait for a key, in milliseconds. */
export type RemainingWait = () => number;

/** 409: another request keeps writing the same key. */
export class KeyInUseException extends ProblemException {
  constructor(key: string, cause?: unknown) {
    super({
      ...accountKinds['idempotency-key-in-use'],
      detail: `Another request with the idempotency key ${key} is being executed. Repeat this one later, with the same key.`,
      headers: { 'retry-after': '1' },
      cause,
    });
  }
}

/**
 * Lets the requests of one key write one after the other. Those that wait hold no database connection, so that a key that another
 * replica keeps locked occupies one connection here, however many clients repeat it.
 */
export class KeyWriters {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * @param write may wait for the key, too, for what remains of the second
   * @throws KeyInUseException when the request before this one gets it, or has not ended within a second
   */
  run<T>(key: string, write: (remaining: RemainingWait) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const remaining = (): number => Math.max(0, maxWaitMs - (performance.now() - startedAt));
    const previous = this.#last.get(key);
    const current = previous === undefined ? write(remaining) : waitFor(previous, key).then(() => write(remaining));
    this.#last.set(key, current);
    const forget = (): void => {
      if (this.#last.get(key) === current) this.#last.delete(key);
    };
    current.then(forget, forget);
    return current;
  }
}

async function waitFor(previous: Promise<unknown>, key: string): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new KeyInUseException(key)), maxWaitMs);
  const ended = previous.catch((error: unknown) => {
    if (error instanceof KeyInUseException) throw new KeyInUseException(key, error);
  });
  try {
    await Promise.race([ended, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
