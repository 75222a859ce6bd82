import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export type RequestKind = 'GET' | 'POST with a key' | 'POST without a key';

/** The result of one request. */
export interface RequestResult {
  readonly kind: RequestKind;
  /** The status, or the connection error. */
  readonly result: string;
}

/** The results that are not lost requests; 202 occurs while customer is unavailable. */
const expectedResults: Readonly<Record<RequestKind, readonly string[]>> = {
  GET: ['200'],
  'POST with a key': ['201', '202'],
  'POST without a key': ['201', '202'],
};

const kinds: readonly RequestKind[] = ['GET', 'POST with a key', 'POST without a key'];
const pauseMs = 100;

/** Clients that never retry, so that every lost request is counted. They run until they are stopped. */
export class SingleAttemptClients {
  readonly #gatewayUrl: string;
  readonly #results: RequestResult[] = [];
  #isStopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(gatewayUrl: string) {
    this.#gatewayUrl = gatewayUrl;
  }

  /** @param clientsPerKind number of clients for each kind of request */
  async start(clientsPerKind: number): Promise<void> {
    const opened = await this.#post({});
    const { id }: { id: string } = JSON.parse(await opened.text());
    const clients = kinds.flatMap((kind) => Array.from({ length: clientsPerKind }, () => this.#run(kind, id)));
    this.#running = Promise.all(clients);
  }

  /** Starts no new requests. Resolves with the results of all requests. */
  async stop(): Promise<readonly RequestResult[]> {
    this.#isStopped = true;
    await this.#running;
    return this.#results;
  }

  async #run(kind: RequestKind, accountId: string): Promise<void> {
    while (!this.#isStopped) {
      this.#results.push({ kind, result: await this.#resultOf(kind, accountId) });
      await delay(pauseMs);
    }
  }

  async #resultOf(kind: RequestKind, accountId: string): Promise<string> {
    try {
      const response = await this.#send(kind, accountId);
      const text = await response.text();
      return response.status < 500 ? String(response.status) : `${response.status} ${problemType(text)}`;
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    }
  }

  #send(kind: RequestKind, accountId: string): Promise<Response> {
    if (kind === 'GET') return fetch(`${this.#gatewayUrl}/accounts/${accountId}`);
    return this.#post(kind === 'POST with a key' ? { 'idempotency-key': randomUUID() } : {});
  }

  #post(headers: Readonly<Record<string, string>>): Promise<Response> {
    return fetch(`${this.#gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
  }
}

function problemType(problem: string): string {
  return /"type":"(?<type>[^"]*)"/.exec(problem)?.groups?.['type'] ?? problem.slice(0, 100);
}

/** Lists unexpected results and their number: `POST without a key: 502 (3 times)`. */
export function lostRequests(results: readonly RequestResult[]): string[] {
  const lost = results.filter(({ kind, result }) => !expectedResults[kind].includes(result));
  const byResult = Map.groupBy(lost, ({ kind, result }) => `${kind}: ${result}`);
  return Array.from(byResult, ([what, { length }]) => `${what} (${length} times)`);
}
