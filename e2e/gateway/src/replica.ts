import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a replica saw it. */
export type SeenRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** Stands in for an account: answers with its name, and remembers what it was asked. */
export class Replica {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;

  private constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = createServer((request, response) => {
      this.seen.push({ method: request.method, url: request.url, headers: request.headers });
      request.resume().once('end', () => answer(request, response));
    });
  }

  /** One that answers 200 with JSON. */
  static answering(
    body: object = { answer: 'fine' },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Replica> {
    return Replica.#start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  }

  /** One that dies of every request, once it has read it. */
  static dying(): Promise<Replica> {
    return Replica.#start((request) => request.socket.destroy());
  }

  static async #start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Replica> {
    const replica = new Replica(answer);
    replica.#server.listen(0, '127.0.0.1');
    await once(replica.#server, 'listening');
    return replica;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
