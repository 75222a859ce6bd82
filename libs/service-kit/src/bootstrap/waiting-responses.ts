import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The maximum of requests on a connection whose responses have not been sent. Most clients send one at a time. */
export const maxWaitingResponses = 16;

/**
 * The time without progress after which a connection whose client does not read its responses is closed, in milliseconds. Longer than
 * the time for receiving a request, which ends with a response.
 */
export const unreadTimeoutMs = 60_000;

interface ConnectionState {
  waiting: number;
  /** A request was refused: the connection closes after the response to it. */
  isRefused: boolean;
}

/**
 * Limits the responses that wait in each connection. A client can send thousands of small requests at once and read nothing
 * (pipelining): Node starts all requests of what it has received, and keeps their responses in memory.
 */
export class WaitingResponses {
  readonly #connections = new WeakMap<Socket, ConnectionState>();

  /** @returns whether to serve a request, to refuse it, which closes the connection, or to ignore it: it comes after a refused one */
  admit({ socket }: IncomingMessage, response: ServerResponse): 'serve' | 'refuse' | 'ignore' {
    const state = this.#stateOf(socket);
    if (state.isRefused) return 'ignore';
    if (state.waiting >= maxWaitingResponses) {
      state.isRefused = true;
      return 'refuse';
    }
    state.waiting += 1;
    response.once('close', () => (state.waiting -= 1));
    return 'serve';
  }

  /** Whether a connection is silent only because a request on it is still being received or served. */
  isAwaited(socket: Socket): boolean {
    return (this.#connections.get(socket)?.waiting ?? 0) > 0 && socket.writableLength === 0;
  }

  #stateOf(socket: Socket): ConnectionState {
    const known = this.#connections.get(socket);
    if (known) return known;
    const state = { waiting: 0, isRefused: false };
    this.#connections.set(socket, state);
    return state;
  }
}

/**
 * Limits the responses that wait in each connection, for all paths, and how long they wait for a client that does not read. Call it before adding checks that work more for a request.
 *
 * @param refuse sends the response to the first request that is too many
 * @returns the limit, for requests that reach no hook
 */
export function limitWaitingResponses(
  fastify: FastifyInstance,
  refuse: (request: FastifyRequest, reply: FastifyReply) => void,
): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const responses = new WaitingResponses();
  // Node emits it for connections that were kept alive for too long as well, and then leaves their end to the listener.
  fastify.server.setTimeout(unreadTimeoutMs, (socket) => {
    if (!responses.isAwaited(socket)) socket.destroy();
  });
  const admit = (request: FastifyRequest, reply: FastifyReply): boolean => {
    const verdict = responses.admit(request.raw, reply.raw);
    if (verdict === 'ignore') reply.hijack();
    if (verdict === 'refuse') refuse(request, reply.header('connection', 'close'));
    return verdict === 'serve';
  };
  // After the plugins that have been registered, such as that of the security headers.
  void fastify.after(() => {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (admit(request, reply)) done();
    });
  });
  return admit;
}
