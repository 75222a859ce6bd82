import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedResponse } from './audit.ts';

export interface RetryingClientOptions {
  readonly gatewayUrl: string;
  /** How long one attempt may take, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** How long the client retries a request, in milliseconds. */
  readonly totalTimeoutMs: number;
}

const retryPauseMs = { min: 100, max: 600 };

/** Whether a status is the final response to a request; after others the client retries. */
export const isFinal = (status: number): boolean => status > 0 && status < 500 && status !== 429;

/** A client that retries under the same idempotency key until it receives a final response. */
export class RetryingClient {
  /** Number of failed attempts by reason, such as `503` or `timeout`. */
  readonly failures = new Map<string, number>();
  readonly #options: RetryingClientOptions;

  constructor(options: RetryingClientOptions) {
    this.#options = options;
  }

  /** Opens an account. Resolves with the final response; undefined after the total timeout. */
  async openAccount(key: string, customerId: string): Promise<RecordedResponse | undefined> {
    const deadline = performance.now() + this.#options.totalTimeoutMs;
    while (performance.now() < deadline) {
      const result = await this.#attempt(key, customerId);
      if (typeof result === 'object') return result;
      this.failures.set(result, (this.failures.get(result) ?? 0) + 1);
      await delay(retryPauseMs.min + Math.random() * (retryPauseMs.max - retryPauseMs.min));
    }
    return undefined;
  }

  /** The final response, or the reason for a retry. */
  async #attempt(key: string, customerId: string): Promise<RecordedResponse | string> {
    try {
      const response = await fetch(`${this.#options.gatewayUrl}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ customerId, currency: 'EUR' }),
        signal: AbortSignal.timeout(this.#options.attemptTimeoutMs),
      });
      const body = await response.text();
      if (!isFinal(response.status)) return String(response.status);
      const { id, status, version }: { id?: unknown; status?: unknown; version?: unknown } = JSON.parse(body);
      if (typeof id !== 'string') return { status: response.status, accountId: undefined };
      return { status: response.status, accountId: id, account: { status: String(status), version: Number(version) } };
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no connection';
    }
  }
}
