import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** What one request came to. */
export interface Outcome {
  readonly kind: RequestKind;
  /** The status, or what went wrong with the connection. */
  readonly result: string;
}

export type RequestKind = 'GET' | 'POST with a key' | 'POST without a key';

const kinds: readonly RequestKind[] = ['GET', 'POST with a key', 'POST without a key'];
const pauseMs = 50;

/** What a request of each kind is answered with while all is well, and while customer is not. */
const proper: Readonly<Record<RequestKind, readonly string[]>> = {
  GET: ['200'],
  'POST with a key': ['201', '202'],
  'POST without a key': ['201', '202'],
};

/** Clients that never repeat a request, until they are asked to stop: whatever gets lost, gets counted. */
export class Traffic {
  readonly #gatewayUrl: string;
  readonly #outcomes: Outcome[] = [];
  #over = false;
  #working: Promise<unknown> = Promise.resolve();

  constructor(gatewayUrl: string) {
    this.#gatewayUrl = gatewayUrl;
  }

  /** @param clientsOfAKind how many clients there are for each kind of request */
  async start(clientsOfAKind: number): Promise<void> {
    const opened = await this.#post({});
    const { id }: { id: string } = JSON.parse(await opened.text());
    const everybody = kinds.flatMap((kind) => Array.from({ length: clientsOfAKind }, () => kind));
    this.#working = Promise.all(everybody.map((kind) => this.#work(kind, id)));
  }

  /** No new requests; resolves with what all of them came to. */
  async finish(): Promise<readonly Outcome[]> {
    this.#over = true;
    await this.#working;
    return this.#outcomes;
  }

  async #work(kind: RequestKind, accountId: string): Promise<void> {
    while (!this.#over) {
      this.#outcomes.push({ kind, result: await this.#result(kind, accountId) });
      await delay(pauseMs);
    }
  }

  async #result(kind: RequestKind, accountId: string): Promise<string> {
    try {
      const answer = await this.#send(kind, accountId);
      const text = await answer.text();
      return answer.status < 500 ? String(answer.status) : `${answer.status} ${typeOf(text)}`;
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

/** What kind of problem it was, for whoever has to find out why. */
function typeOf(problem: string): string {
  return /"type":"(?<type>[^"]*)"/.exec(problem)?.groups?.['type'] ?? problem.slice(0, 100);
}

/** Requests that did not get their proper answer, and how often: `POST without a key: 502 (3 times)`. */
export function lostRequests(outcomes: readonly Outcome[]): string[] {
  const lost = outcomes.filter(({ kind, result }) => !proper[kind].includes(result));
  const byResult = Map.groupBy(lost, ({ kind, result }) => `${kind}: ${result}`);
  return Array.from(byResult, ([what, { length }]) => `${what} (${length} times)`);
}
