import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than the gateway's timeouts. */
const responseTimeoutMs = 20_000;

/** The result of one request to open an account. */
export interface Opening {
  /** The idempotency key and the account's label, which identifies the account in the database. */
  readonly key: string;
  /** The HTTP status; undefined without a response. */
  readonly status: number | undefined;
  readonly contentType: string;
  /** The replica that responded; empty when none did. */
  readonly instance: string;
  readonly accountId: string | undefined;
}

/** Whether an account was opened, active or pending verification. */
export const isOpened = ({ status }: Opening): boolean => status === 201 || status === 202;

/** A unique idempotency key. */
export const newKey = (): string => `check-${randomUUID()}`;

/** Opens an account through the gateway with one request. */
export async function openAccount(
  gatewayUrl: string,
  { customerId = 'c-1001', key = newKey() }: { customerId?: string; key?: string } = {},
): Promise<Opening> {
  try {
    const response = await fetch(`${gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ customerId, currency: 'EUR', label: key }),
      signal: AbortSignal.timeout(responseTimeoutMs),
    });
    const body = (await response.json()) as { id?: string };
    return {
      key,
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      instance: response.headers.get('x-instance') ?? '',
      accountId: body.id,
    };
  } catch {
    return { key, status: undefined, contentType: '', instance: '', accountId: undefined };
  }
}

/** Opens accounts at a constant rate, independent of the responses, until it is stopped. */
export class ConstantRequests {
  readonly #openings: Promise<Opening>[] = [];
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(gatewayUrl: string, perSecond: number) {
    this.#running = this.#run(gatewayUrl, 1_000 / perSecond);
  }

  /** Sends no new requests and waits for the pending responses. */
  async stop(): Promise<Opening[]> {
    this.#stopped.abort();
    await this.#running;
    return Promise.all(this.#openings);
  }

  async #run(gatewayUrl: string, everyMs: number): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const customerId = `c-${1001 + (this.#openings.length % 100)}`;
      this.#openings.push(openAccount(gatewayUrl, { customerId }));
      await sleep(everyMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
    }
  }
}
