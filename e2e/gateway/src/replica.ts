import { StandInServers } from '@breakwater/system-runner/testing';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** A stand-in for an account service that records the requests it receives. */
export class Replica {
  readonly requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  readonly #servers = new StandInServers();
  #port = 0;
  #hasRecovered = false;
  #isFrozen = false;

  /**
   * A replica that responds with 200 and JSON.
   *
   * @param at the port of another one, and an address of this machine; default: a free port of 127.0.0.1
   */
  static respondingWith(
    body: object = { answer: 'fine' },
    headers: Readonly<Record<string, string>> = {},
    at: { readonly port?: number; readonly host?: string } = {},
  ): Promise<Replica> {
    return Replica.#start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    }, at);
  }

  /** A replica that closes the connection of every request that it has read, until {@link recover}. */
  static closingConnections(): Promise<Replica> {
    return Replica.#start((request, response, { hasRecovered }) => {
      if (hasRecovered) response.end();
      else request.socket.destroy();
    });
  }

  /** A replica that accepts requests and never responds, like one that was paused. */
  static frozen(): Promise<Replica> {
    return Replica.#start(() => {});
  }

  /**
   * A replica that serves a number of requests at the same time, each in 100 ms, and refuses the others with 503, as the
   * services do. After {@link freeze} it responds to none.
   */
  static withCapacity(capacity: number): Promise<Replica> {
    let active = 0;
    return Replica.#start((_, response, replica) => {
      if (replica.isFrozen) return;
      if (active >= capacity) {
        response.writeHead(503, { 'retry-after': '1' }).end();
        return;
      }
      active += 1;
      setTimeout(() => {
        active -= 1;
        response.end();
      }, 100);
    });
  }

  static async #start(
    respond: (request: IncomingMessage, response: ServerResponse, replica: Replica) => void,
    { port, host }: { readonly port?: number; readonly host?: string } = {},
  ): Promise<Replica> {
    const replica = new Replica();
    const listener: RequestListener = (request, response) => {
      replica.requests.push({ method: request.method, url: request.url, headers: request.headers });
      request.resume().once('end', () => respond(request, response, replica));
    };
    const url = await replica.#servers.start(listener, port, host);
    replica.#port = Number(new URL(url).port);
    return replica;
  }

  /** Whether the replica responds now. */
  get hasRecovered(): boolean {
    return this.#hasRecovered;
  }

  /** Makes it respond from now on. */
  recover(): void {
    this.#hasRecovered = true;
  }

  /** Whether it responds to no request that arrives now. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Makes it respond to no request from now on. */
  freeze(): void {
    this.#isFrozen = true;
  }

  get port(): number {
    return this.#port;
  }

  stop(): Promise<void> {
    return this.#servers.stop();
  }
}
