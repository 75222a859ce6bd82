import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ClientLimits } from './client-limits.ts';
import type { GatewayRules } from './gateway-rules.ts';
import { normalizePath, originFormOf, type ParseError, refusalOf, statusOfParseError } from './request-refusal.ts';

/** Larger than the limit of `nginx/nginx.conf`, which is applied to what was read. */
const maxHeaderBytes = 64 * 1024;

/** A refused request in the log. */
export interface RefusedRequest {
  readonly requestId: string;
  readonly status: number;
  readonly remoteAddress: string;
}

/** The responses of the gateway itself: to what nginx refuses, and for what it cannot forward. */
export class Refusals {
  readonly #rules: GatewayRules;
  readonly #limits: ClientLimits;
  readonly #log: (refused: RefusedRequest) => void;
  readonly #ids = new WeakMap<IncomingMessage, string>();
  /** Requests whose responses were not sent completely, by connection. */
  readonly #pending = new WeakMap<Socket, Map<IncomingMessage, ServerResponse>>();

  /** @param now a monotonic clock in milliseconds */
  constructor(rules: GatewayRules, now: () => number, log: (refused: RefusedRequest) => void) {
    this.#rules = rules;
    this.#limits = new ClientLimits(rules, now);
    this.#log = log;
  }

  /** A server that refuses requests before the handler sees them. */
  createServer(handler: RequestListener): Server {
    const receive: RequestListener = (request, response) => this.#receive(request, response, handler);
    const { headerTimeoutMs, bodyTimeoutMs } = this.#rules;
    const server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        // Node would respond without problem details.
        requireHostHeader: false,
        headersTimeout: headerTimeoutMs,
        requestTimeout: headerTimeoutMs + bodyTimeoutMs,
        connectionsCheckingInterval: 1_000,
      },
      receive,
    );
    // nginx ignores what a client expects.
    server.on('checkExpectation', receive);
    server.on('connect', (_request: IncomingMessage, socket: Socket) => this.#refuseOn(socket, 405));
    return server;
  }

  /** Responds to a request that Node cannot read. */
  refuseUnread(error: ParseError, socket: Socket): void {
    const pending = [...(this.#pending.get(socket) ?? [])];
    // Refused before its body was read.
    if (pending.some(([, response]) => response.writableEnded)) return void socket.end();
    // The client would take the response for that to an earlier request.
    const isAmbiguous = pending.some(([request], index) => index > 0 || request.complete);
    // nginx closes the connection of a client that is too slow without a response.
    const isTooSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (error.code === 'ECONNRESET' || isTooSlow || isAmbiguous || !socket.writable) socket.destroy();
    else this.#refuseOn(socket, statusOfParseError(error));
  }

  /** The response for a status as problem details (RFC 9457). */
  describe(status: number, requestId: string): { readonly headers: Record<string, string>; readonly body: string } {
    const body = `${JSON.stringify({ ...this.#rules.problemFor(status), requestId })}\n`;
    return {
      headers: {
        ...this.#rules.headersFor(status),
        'content-type': 'application/problem+json',
        'content-length': String(Buffer.byteLength(body)),
        'x-request-id': requestId,
      },
      body,
    };
  }

  /** The id of a request: that of the client if it is safe for logs, otherwise a new one. */
  idOf(request: IncomingMessage): string {
    const given = request.headers['x-request-id'];
    const isSafe = typeof given === 'string' && this.#rules.requestId.test(given);
    const id = this.#ids.get(request) ?? (isSafe ? given : randomUUID());
    this.#ids.set(request, id);
    return id;
  }

  #receive(request: IncomingMessage, response: ServerResponse, handler: RequestListener): void {
    const refusal = refusalOf(request, this.#rules);
    request.url = originFormOf(request.url ?? '');
    this.#track(request, response);
    const isHealth = refusal === undefined && this.#rules.routeOf(normalizePath(request.url) ?? '').target === 'health';
    if (isHealth) {
      handler(request, response);
      return;
    }

    const client = clientOf(request.socket);
    const isWithinLimits = this.#limits.tryAcquire(client);
    if (isWithinLimits) response.once('close', () => this.#limits.release(client));
    const status = isWithinLimits ? refusal : 429;
    if (status === undefined) {
      handler(request, response);
      return;
    }

    const requestId = this.idOf(request);
    const { headers, body } = this.describe(status, requestId);
    this.#log({ requestId, status, remoteAddress: client });
    // As nginx does: the rest of an invalid request cannot be trusted. That of others is read and dropped.
    const closes = ![404, 405, 429].includes(status);
    response.writeHead(status, { ...headers, ...(closes ? { connection: 'close' } : {}) }).end(body);
    request.resume();
  }

  #track(request: IncomingMessage, response: ServerResponse): void {
    const pending = this.#pending.get(request.socket) ?? new Map<IncomingMessage, ServerResponse>();
    this.#pending.set(request.socket, pending.set(request, response));
    response.once('close', () => pending.delete(request));
  }

  /** Responds on a connection, and closes it. */
  #refuseOn(socket: Socket, refusal: number): void {
    const client = clientOf(socket);
    const isWithinLimits = this.#limits.tryAcquire(client);
    if (isWithinLimits) this.#limits.release(client);
    const status = isWithinLimits ? refusal : 429;
    const requestId = randomUUID();
    const { headers, body } = this.describe(status, requestId);
    this.#log({ requestId, status, remoteAddress: client });
    const head = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${String(this.#rules.problemFor(status)['title'])}\r\n${head.join('')}\r\n${body}`);
  }
}

const clientOf = ({ remoteAddress = '' }: Socket): string => remoteAddress;
