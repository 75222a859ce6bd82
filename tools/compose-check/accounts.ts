import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComposeProject } from './compose-project.ts';

/** Longer than the gateway's timeouts. */
const responseTimeoutMs = 20_000;

/** The result of one request to open an account. */
export interface Opening {
  /** The idempotency key and the account's label, which identifies the account in the database. */
  readonly key: string;
  /** The HTTP status; undefined without a response. */
  readonly status: number | undefined;
  readonly contentType: string;
  /** Whether a refusal says when to try again. */
  readonly hasRetryAfter: boolean;
  /** The replica that responded; empty when none did. */
  readonly instance: string;
  readonly accountId: string | undefined;
}

/** Whether an account was opened, active or pending verification. */
export const isOpened = ({ status }: Opening): boolean => status === 201 || status === 202;

/** A unique idempotency key. */
export const newKey = (): string => `check-${randomUUID()}`;

/** The options of `openAccount`. */
export interface OpeningOptions {
  readonly customerId?: string;
  readonly key?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens an account through the gateway with one request. */
export async function openAccount(
  gatewayUrl: string,
  { customerId = 'c-1001', key = newKey(), headers = {} }: OpeningOptions = {},
): Promise<Opening> {
  try {
    const response = await fetch(`${gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
      body: JSON.stringify({ customerId, currency: 'EUR', label: key }),
      signal: AbortSignal.timeout(responseTimeoutMs),
    });
    const body = (await response.json()) as { id?: string };
    return {
      key,
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      hasRetryAfter: response.headers.has('retry-after'),
      instance: response.headers.get('x-instance') ?? '',
      accountId: body.id,
    };
  } catch {
    return { key, status: undefined, contentType: '', hasRetryAfter: false, instance: '', accountId: undefined };
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

/**
 * Compares the responses with the database: every success is exactly one account.
 *
 * @throws Error naming the first lost or duplicate account
 */
export async function requireNothingLost(project: ComposeProject, openings: readonly Opening[]): Promise<void> {
  const rows = await project.query(
    "SELECT label, count(*) FROM account.accounts WHERE label LIKE 'check-%' GROUP BY label",
  );
  const counts = new Map(rows.map(([label = '', count]) => [label, Number(count)]));
  const lost = openings.filter((opening) => isOpened(opening) && !counts.has(opening.key));
  const doubled = [...counts].filter(([, count]) => count > 1);
  if (lost.length > 0)
    throw new Error(`${lost.length} accounts are lost, such as ${lost[0]?.accountId} (${lost[0]?.key})`);
  if (doubled.length > 0) throw new Error(`${doubled.length} accounts are duplicates, such as ${doubled[0]?.[0]}`);
}

/**
 * Checks that a replica responded to every request: the gateway repeats requests with an idempotency key on another replica.
 *
 * @throws Error with the results of the others
 */
export function requireAllSaved(openings: readonly Opening[]): void {
  const unsaved = openings.filter(({ instance }) => instance === '');
  if (unsaved.length === 0) return;
  const statuses = unsaved.map(({ status }) => status ?? 'no response').join(', ');
  throw new Error(`${unsaved.length} of ${openings.length} requests had no response of a replica: ${statuses}`);
}

/** The largest share of requests that may fail otherwise than by a refusal, such as by a timeout of the gateway. */
const mostOtherFailures = 0.02;

/**
 * Checks that some requests were refused with 503 and `Retry-After`, and that nearly all others opened an account.
 *
 * @returns the number of refused requests
 * @throws Error with the results of the others
 */
export function requireOrderlyRefusals(openings: readonly Opening[]): number {
  const refused = openings.filter((opening) => !isOpened(opening));
  const others = refused.filter(({ status, hasRetryAfter }) => status !== 503 || !hasRetryAfter);
  if (others.length > openings.length * mostOtherFailures) {
    const statuses = others.map(({ status }) => status ?? 'no response').join(', ');
    throw new Error(`${others.length} of ${openings.length} requests failed otherwise than by a refusal: ${statuses}`);
  }
  if (refused.length === others.length) throw new Error(`None of ${openings.length} requests was refused`);
  return refused.length - others.length;
}
