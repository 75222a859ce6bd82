import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A customer service that knows every customer, and responds as a test says. */
export class StandInCustomer {
  readonly url: string;
  /** The requests, in order. */
  readonly requests: IncomingMessage[] = [];
  /** Their responses, sent or not. */
  readonly responses: ServerResponse[] = [];
  readonly #close: () => void;
  #held: ServerResponse[] = [];
  readonly #events = new EventEmitter<{ request: [ServerResponse] }>();
  #respond: (response: ServerResponse, id: string) => void = respondWithCustomer;

  private constructor(url: string, close: () => void) {
    this.url = url;
    this.#close = close;
  }

  static async start(): Promise<StandInCustomer> {
    const server = createServer((request, response) => standIn.#receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const standIn = new StandInCustomer(`http://127.0.0.1:${address.port}`, () => {
      server.closeAllConnections();
      server.close();
    });
    return standIn;
  }

  /** From now on it responds to every request with this status. */
  respondWith(status: number): void {
    this.#respond = (response) => response.writeHead(status).end();
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

  stop(): void {
    this.#close();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    this.responses.push(response);
    this.#respond(response, request.url?.split('/').at(-1) ?? '');
    this.#events.emit('request', response);
  }
}

/** The response of a healthy customer service. */
export function respondWithCustomer(response: ServerResponse, id = 'c-1001'): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'ACTIVE' }));
}
