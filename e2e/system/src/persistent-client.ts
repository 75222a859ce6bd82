import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedAnswer, RecordedRequest } from '@breakwater/system-runner/ledger';

/** How a client goes about it. */
export interface ClientOptions {
  readonly gatewayUrl: string;
  /** How long it waits for one answer, in milliseconds, before it asks again. */
  readonly attemptTimeoutMs: number;
  /** How long it goes on asking, in milliseconds. */
  readonly patienceMs: number;
}

/** What a client did in vain, by kind, such as `503` or `timeout`. */
export type Attempts = Map<string, number>;

const retryPauseMs = { least: 100, most: 600 };

/**
 * A client that wants an account and does not let go: it repeats its request, under the same key, until it is told what
 * became of it. That is what an idempotency key is for.
 */
export class PersistentClient {
  readonly #options: ClientOptions;
  /** What came of attempts that had to be repeated. */
  readonly failures: Attempts = new Map();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Opens an account.
   *
   * @returns the answer that settled it; undefined when patience ran out
   */
  async open(key: string, customerId: string): Promise<RecordedAnswer | undefined> {
    const deadline = performance.now() + this.#options.patienceMs;
    while (performance.now() < deadline) {
      const outcome = await this.#attempt(key, customerId);
      if (typeof outcome === 'object') return outcome;
      this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + 1);
      await delay(retryPauseMs.least + Math.random() * (retryPauseMs.most - retryPauseMs.least));
    }
    return undefined;
  }

  /** The answer, or in a word why there is none that settles it. */
  async #attempt(key: string, customerId: string): Promise<RecordedAnswer | string> {
    try {
      const answer = await fetch(`${this.#options.gatewayUrl}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ customerId, currency: 'EUR' }),
        signal: AbortSignal.timeout(this.#options.attemptTimeoutMs),
      });
      const body = await answer.text();
      if (answer.status === 429 || answer.status >= 500) return String(answer.status);
      return { status: answer.status, accountId: accountIdIn(body) };
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no connection';
    }
  }
}

/** Requests as they are made, with what the client was told so far. */
export class RequestRecord {
  readonly #requests: { key: string; customerId: string; answers: RecordedAnswer[] }[] = [];

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** Notes a request before it is made. @returns where its answers go */
  begin(key: string, customerId: string): RecordedAnswer[] {
    const answers: RecordedAnswer[] = [];
    this.#requests.push({ key, customerId, answers });
    return answers;
  }
}

function accountIdIn(body: string): string | undefined {
  const { id }: { id?: unknown } = JSON.parse(body);
  return typeof id === 'string' ? id : undefined;
}
