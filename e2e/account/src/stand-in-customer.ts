import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Knows every customer, and does with requests what a test wants of it. */
export class StandInCustomer {
  readonly url: string;
  /** What it was asked, in order. */
  readonly requests: IncomingMessage[] = [];
  /** Its answers to these, given or not. */
  readonly responses: ServerResponse[] = [];
  readonly #close: () => void;
  #held: ServerResponse[] = [];
  readonly #events = new EventEmitter<{ request: [ServerResponse] }>();
  #answer: (response: ServerResponse, id: string) => void = answerWithCustomer;

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

  /** From now on every request is answered with this status. */
  answerWith(status: number): void {
    this.#answer = (response) => response.writeHead(status).end();
  }

  /** From now on every request is answered with the customer asked for. */
  recover(): void {
    this.#answer = answerWithCustomer;
  }

  /** From now on no request is answered, unless the test does. */
  hold(): void {
    this.#answer = (response) => void this.#held.push(response);
  }

  /** Answers all that is held with a customer, and from now on every request. */
  release(): void {
    this.recover();
    for (const response of this.#held.splice(0)) answerWithCustomer(response);
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
    this.#answer(response, request.url?.split('/').at(-1) ?? '');
    this.#events.emit('request', response);
  }
}

/** What customer answers where all is well. */
export function answerWithCustomer(response: ServerResponse, id = 'c-1001'): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'ACTIVE' }));
}
