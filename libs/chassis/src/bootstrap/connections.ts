import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For how long nothing must have come on a connection before it may be closed. */
const quietMs = 100;

interface Use {
  readonly responses: Set<ServerResponse>;
  /** When it was opened or last answered, in milliseconds of `performance.now()`. */
  since: number;
  /** What had been read of it by then; more is the beginning of a request. */
  bytesRead: number;
  timer?: NodeJS.Timeout;
}

const watched = new WeakMap<Server, Connections>();

/**
 * Lets go of a server's connections without losing a request that is on its way.
 *
 * HTTP/1.1 has no way to say "no more" on an idle connection: a request that is put on it just as it is closed is lost, and
 * nobody may repeat a POST. So clients are asked to close connections themselves, in answers (`letGo`), and in the end only those are
 * closed on which nothing has come for a while (`drain`). What remains is a connection that was quiet all along and is used in
 * the very moment of closing; a client that gives up idle connections sooner than the time between the two never does that.
 */
export class Connections {
  readonly #uses = new Map<Socket, Use>();
  #isLettingGo = false;
  #isDraining = false;

  private constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#opened(socket));
    // Before the service's own listener, which may answer at once.
    server.prependListener('request', ({ socket }, response) => this.#asked(socket, response));
    // Node would close idle connections at once when the server closes, and wait for those on which nothing was ever asked.
    server.closeIdleConnections = () => this.drain();
  }

  /** Keeps count of a server's connections from now on. */
  static watch(server: Server): Connections {
    const connections = new Connections(server);
    watched.set(server, connections);
    return connections;
  }

  /** Those of a server that is being watched. */
  static of(server: Server): Connections | undefined {
    return watched.get(server);
  }

  /** Whether an answer is due on a connection, or partly out. */
  isAnswering(socket: Socket): boolean {
    return [...(this.#uses.get(socket)?.responses ?? [])].some(({ writableFinished }) => !writableFinished);
  }

  /** From now on every answer is the last on its connection, and says so. */
  letGo(): void {
    this.#isLettingGo = true;
    for (const { responses } of this.#uses.values()) {
      // Answers come in order: the last one may close.
      const last = [...responses].at(-1);
      if (last) announceClose(last);
    }
  }

  /** Closes each connection as soon as its requests have been answered and nothing has come on it for a while. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.letGo();
    for (const socket of this.#uses.keys()) this.#closeIfQuiet(socket);
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
    if (this.#isLettingGo) announceClose(response);
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
      use.since = performance.now();
    }
    const remainingMs = use.since + quietMs - performance.now();
    clearTimeout(use.timer);
    if (remainingMs > 0) use.timer = setTimeout(() => this.#closeIfQuiet(socket), Math.ceil(remainingMs));
    else socket.destroySoon();
  }
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
