import { StandInServers } from '@breakwater/system-runner/testing';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A customer service that knows every customer, and responds as a test says. */
export class StandInCustomer {
  /** The requests, in order. */
  readonly requests: IncomingMessage[] = [];
  /** Their responses, sent or not. */
  readonly responses: ServerResponse[] = [];
  readonly #servers = new StandInServers();
  #url = '';
  #held: ServerResponse[] = [];
  readonly #events = new EventEmitter<{ request: [ServerResponse] }>();
  #respond: (response: ServerResponse) => void = respondWithCustomer;

  /** @param at the port of another one, and an address of this machine; default: a free port of 127.0.0.1 */
  static async start(at: { readonly port?: number; readonly host?: string } = {}): Promise<StandInCustomer> {
    const standIn = new StandInCustomer();
    standIn.#url = await standIn.#servers.start(
      (request, response) => standIn.#receive(request, response),
      at.port,
      at.host,
    );
    return standIn;
  }

  get url(): string {
    return this.#url;
  }

  /** From now on it responds to every request in this way. */
  respondAs(respond: (response: ServerResponse) => void): void {
    this.#respond = respond;
  }

  /** From now on it responds to every request with this status and without a body. */
  respondWith(status: number): void {
    this.respondAs((response) => response.writeHead(status).end());
  }

  /** From now on it responds that the requested customer does not exist. */
  knowNoCustomer(): void {
    this.respondAs((response) => {
      const problem = { type: 'urn:breakwater:problem:customer-not-found', title: 'Customer not found', status: 404 };
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
  }

  /** From now on it responds with this status for these customers, and with the customer for all others. */
  respondForSome(status: number, ids: ReadonlySet<string>): void {
    this.respondAs((response) => {
      if (ids.has(response.req.url?.split('/').at(-1) ?? '')) response.writeHead(status).end();
      else respondWithCustomer(response);
    });
  }

  /** From now on it responds with the requested customer. */
  recover(): void {
    this.#respond = respondWithCustomer;
  }

  /** From now on it responds to no request; the test may. */
  hold(): void {
    this.#respond = (response) => void this.#held.push(response);
  }

  /** Responds to all held requests with their customers, and from now on to every request. */
  release(): void {
    this.recover();
    for (const response of this.#held.splice(0)) respondWithCustomer(response);
  }

  /** Resolves with the response to the next request. */
  async nextRequest(): Promise<ServerResponse> {
    const [response] = await once(this.#events, 'request');
    return response as ServerResponse;
  }

  /** Closes all connections and refuses new ones. */
  stop(): Promise<void> {
    return this.#servers.stop();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    this.responses.push(response);
    this.#respond(response);
    this.#events.emit('request', response);
  }
}

/** The response of a healthy customer service: the requested customer. */
export function respondWithCustomer(response: ServerResponse): void {
  const id = response.req.url?.split('/').at(-1);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'ACTIVE' }));
}
