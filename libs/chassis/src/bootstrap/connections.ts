import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows which connections of a server have a request on them, so that a server that closes can let go of the others.
 * Node by itself waits for a connection on which nothing was ever asked, such as a load balancer keeps in reserve.
 */
export class Connections {
  readonly #requests = new Map<Socket, number>();
  #draining = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.on('request', ({ socket }, response) => {
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  /** Closes each connection as soon as the requests that are on it have been answered. */
  drain(): void {
    this.#draining = true;
    for (const socket of this.#requests.keys()) this.#closeIfIdle(socket);
  }

  #opened(socket: Socket): void {
    this.#requests.set(socket, 0);
    socket.once('close', () => this.#requests.delete(socket));
    this.#closeIfIdle(socket);
  }

  #count(socket: Socket, change: 1 | -1): void {
    const requests = this.#requests.get(socket);
    if (requests === undefined) return;
    this.#requests.set(socket, requests + change);
    this.#closeIfIdle(socket);
  }

  #closeIfIdle(socket: Socket): void {
    if (this.#draining && this.#requests.get(socket) === 0) socket.destroySoon();
  }
}
