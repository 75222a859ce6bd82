import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The shortest time for which a connection must be idle before it is closed. */
const minIdleMs = 100;

interface ConnectionState {
  readonly responses: Set<ServerResponse>;
  /** When it was opened or its last response ended, in milliseconds of `performance.now()`. */
  idleSince: number;
  /** The bytes read by then; more bytes are the beginning of a request. */
  bytesRead: number;
  timer?: NodeJS.Timeout;
}

/**
 * Closes a server's connections without losing requests.
 *
 * HTTP/1.1 cannot announce the end of an idle connection: a request that is sent just when it is closed is lost, and a POST must not be
 * repeated. So once the server has stopped listening, responses ask clients to close the connection, and only connections that have
 * been idle for a while are closed. A request is lost only if a connection is used at the very moment of closing, after it was idle
 * for all of that time; a client that closes idle connections earlier never does that.
 *
 * Responses do not ask for it before: clients would open new connections, and those in the server's queue when it stops
 * listening are lost as well (ADR 0028).
 */
export class Connections {
  readonly #states = new Map<Socket, ConnectionState>();
  readonly #idleMs: number;
  #isClosing = false;

  private constructor(server: Server, idleMs: number) {
    this.#idleMs = Math.max(minIdleMs, idleMs);
    server.on('connection', (socket: Socket) => this.#opened(socket));
    // Test tools such as supertest close a server after some requests, and open it again for the next ones.
    server.on('listening', () => (this.#isClosing = false));
    // Before the listener of the service, which may respond synchronously.
    server.prependListener('request', ({ socket }, response) => this.#requested(socket, response));
    // When the server closes, Node would close idle connections immediately, and wait for those that never had a request.
    server.closeIdleConnections = () => this.#closeAll();
  }

  /**
   * Tracks the connections of a server and closes them with it.
   *
   * @param idleMs how long a connection must be idle before it is closed, in milliseconds; at least 100
   */
  static track(server: Server, idleMs: number = minIdleMs): Connections {
    return new Connections(server, idleMs);
  }

  /** The responses on a connection that are not complete, in the order of their requests. */
  pendingResponses(socket: Socket): readonly ServerResponse[] {
    return [...(this.#states.get(socket)?.responses ?? [])].filter(({ writableFinished }) => !writableFinished);
  }

  /** Each response in flight announces the end of its connection; connections without one close once they are idle. */
  #closeAll(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    for (const [socket, { responses }] of this.#states) {
      // Responses are sent in order: the last one may close the connection.
      const last = [...responses].at(-1);
      if (last) announceClose(last);
      else this.#closeIfIdle(socket);
    }
  }

  #opened(socket: Socket): void {
    this.#states.set(socket, { responses: new Set(), idleSince: performance.now(), bytesRead: 0 });
    socket.once('close', () => {
      clearTimeout(this.#states.get(socket)?.timer);
      this.#states.delete(socket);
    });
    if (this.#isClosing) this.#closeIfIdle(socket);
  }

  #requested(socket: Socket, response: ServerResponse): void {
    const state = this.#states.get(socket);
    if (!state) return;
    state.responses.add(response);
    if (this.#isClosing) announceClose(response);
    response.once('close', () => {
      state.responses.delete(response);
      state.idleSince = performance.now();
      state.bytesRead = socket.bytesRead;
      if (this.#isClosing) this.#closeIfIdle(socket);
    });
  }

  #closeIfIdle(socket: Socket): void {
    const state = this.#states.get(socket);
    if (!state || state.responses.size > 0) return;
    if (socket.bytesRead > state.bytesRead) {
      state.bytesRead = socket.bytesRead;
      // A request has begun to arrive: its rest follows soon.
      state.idleSince = performance.now() - this.#idleMs + minIdleMs;
    }
    const remainingMs = state.idleSince + this.#idleMs - performance.now();
    clearTimeout(state.timer);
    if (remainingMs > 0) state.timer = setTimeout(() => this.#closeIfIdle(socket), Math.ceil(remainingMs));
    else socket.destroySoon();
  }
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
