import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For how long nothing must have come on a connection, at least, before it may be closed. */
const minQuietMs = 100;

interface Use {
  readonly responses: Set<ServerResponse>;
  /** When it was opened or last answered, in milliseconds of `performance.now()`. */
  since: number;
  /** What had been read of it by then; more is the beginning of a request. */
  bytesRead: number;
  timer?: NodeJS.Timeout;
}

/**
 * Lets go of a server's connections without losing a request that is on its way.
 *
 * HTTP/1.1 has no way to say "no more" on an idle connection: a request that is put on it just as it is closed is lost, and
 * nobody may repeat a POST. So from the moment at which the server listens no more, answers ask clients to close connections
 * themselves, and only those are closed on which nothing has come for a while. What remains is a connection that was quiet for
 * all of that time and is used in the very moment of closing; a client that gives up idle connections sooner never does that.
 *
 * Not any earlier: a client that has been asked to close opens another connection, as long as there is a server, and of those
 * some would be in the server's queue, unseen, when it stops listening. They are lost, too (ADR 0028).
 */
export class Connections {
  readonly #uses = new Map<Socket, Use>();
  readonly #quietMs: number;
  #isDraining = false;

  private constructor(server: Server, quietMs: number) {
    this.#quietMs = Math.max(minQuietMs, quietMs);
    server.on('connection', (socket: Socket) => this.#opened(socket));
    // Before the service's own listener, which may answer at once.
    server.prependListener('request', ({ socket }, response) => this.#asked(socket, response));
    // Node would close idle connections at once when the server closes, and wait for those on which nothing was ever asked.
    server.closeIdleConnections = () => this.#drain();
  }

  /**
   * Keeps count of a server's connections from now on, and lets go of them when it closes.
   *
   * @param quietMs for how many milliseconds nothing must have come on a connection before it is closed; at least 100
   */
  static watch(server: Server, quietMs: number = minQuietMs): Connections {
    return new Connections(server, quietMs);
  }

  /** Whether an answer is due on a connection, or partly out. */
  isAnswering(socket: Socket): boolean {
    return [...(this.#uses.get(socket)?.responses ?? [])].some(({ writableFinished }) => !writableFinished);
  }

  /** Every answer is the last on its connection, and says so; connections without one close once they are quiet. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (const [socket, { responses }] of this.#uses) {
      // Answers come in order: the last one may close.
      const last = [...responses].at(-1);
      if (last) announceClose(last);
      else this.#closeIfQuiet(socket);
    }
  }

  #opened(socket: Socket): void {
    this.#uses.set(socket, { responses: new Set(), since: performance.now(), bytesRead: 0 });
    socket.once('close', () => {
      clearTimeout(this.#uses.get(socket)?.timer);
      this.#uses.delete(socket);
    });
    if (this.#isDraining) this.#closeIfQuiet(socket);
  }

  #asked(socket: Socket, response: ServerResponse): void {
    const use = this.#uses.get(socket);
    if (!use) return;
    use.responses.add(response);
    if (this.#isDraining) announceClose(response);
    response.once('close', () => {
      use.responses.delete(response);
      use.since = performance.now();
      use.bytesRead = socket.bytesRead;
      if (this.#isDraining) this.#closeIfQuiet(socket);
    });
  }

  #closeIfQuiet(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use || use.responses.size > 0) return;
    if (socket.bytesRead > use.bytesRead) {
      use.bytesRead = socket.bytesRead;
      // A request that has begun to come: the rest of it is not far.
      use.since = performance.now() - this.#quietMs + minQuietMs;
    }
    const remainingMs = use.since + this.#quietMs - performance.now();
    clearTimeout(use.timer);
    if (remainingMs > 0) use.timer = setTimeout(() => this.#closeIfQuiet(socket), Math.ceil(remainingMs));
    else socket.destroySoon();
  }
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
