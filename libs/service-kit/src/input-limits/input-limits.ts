import { isDeeperThan } from '@breakwater/contracts/json-depth';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  type Problem,
  problemContentType,
  ProblemException,
  sendProblem,
  serviceKitKinds,
  toProblemDetails,
} from '../problem-details/problem-details.ts';
import { startServerSpan } from '../telemetry/spans.ts';

/** The largest body; a larger one gets 413. */
export const bodyLimitBytes = 64 * 1024;
/** The deepest nesting of objects and arrays in a body; a deeper one gets 400. */
const maxJsonDepth = 32;
/** The longest path with its query; a longer one gets 414. */
const maxUrlLength = 4 * 1024;
/** The largest head of a request, including its URL; a larger one gets 431. */
export const maxHeaderBytes = 16 * 1024;
/** The time for receiving a whole request; a slower one gets 408. */
export const requestTimeoutMs = 30_000;
/** How often Node looks for requests that are too slow. */
const timeoutCheckMs = 1_000;

/** The options of Node's server. */
export const serverOptions = {
  maxHeaderSize: maxHeaderBytes,
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  connectionsCheckingInterval: timeoutCheckMs,
  // Node would refuse a request without Host without problem details.
  requireHostHeader: false,
};

/** Refuses requests whose head no route should see, before they are routed or logged. */
export function checkHeads(fastify: FastifyInstance): void {
  // Node would respond to an expectation other than 100-continue without problem details.
  fastify.server.on('checkExpectation', (request, response) => void fastify.server.emit('request', request, response));
  fastify.addHook('onRequest', (request, reply, done) => {
    const problem = findFaultOfHead(request);
    if (problem === undefined) return done();
    sendProblem(request, reply, problem);
  });
}

function findFaultOfHead({ url, raw }: FastifyRequest): Problem | undefined {
  const { httpVersion, headers, rawHeaders } = raw;
  if (url.length > maxUrlLength) {
    return {
      ...serviceKitKinds['uri-too-long'],
      detail: `The URL has ${url.length} characters; at most ${maxUrlLength} are allowed.`,
    };
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return unsupportedVersion;
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1') || !isHost(headers.host ?? '')) {
    return {
      ...serviceKitKinds['bad-request'],
      detail: 'The request must have one header Host, with the host and the port of its URL.',
    };
  }
  if (headers.expect !== undefined && httpVersion === '1.1' && !/^100-continue$/i.test(headers.expect)) {
    return {
      ...serviceKitKinds['expectation-failed'],
      detail: 'The service does not support this expectation; it supports 100-continue.',
    };
  }
  return undefined;
}

/** RFC 9110: `uri-host [ ":" port ]`; empty where the URL has no host. */
const isHost = (text: string): boolean => /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?$/i.test(text);

/**
 * Reads JSON bodies only, in UTF-8, with Fastify's own parser, which refuses keys that would replace the prototype of an object
 * (`__proto__`, `constructor.prototype`). A body that is nested too deeply is not parsed. An empty body of any type is none:
 * the route says whether it needs one.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    // Fastify would read a body of this type.
    if (!hasBody(request.headers)) delete request.headers['content-type'];
    done(null, payload);
  });
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined);
    const unsupported = findUnsupportedCoding(request.headers);
    if (unsupported !== undefined) return done(unsupported);
    const body = toText(bytes);
    if (body === undefined) return done(invalidBody('The body is not valid UTF-8.'));
    if (isDeeperThan(body, maxJsonDepth)) {
      return done(
        invalidBody(`The body is nested too deeply; at most ${maxJsonDepth} levels of objects and arrays are allowed.`),
      );
    }
    void parse(request, body, (error, value) => {
      if (error && isJson(body))
        done(invalidBody('The body has the key __proto__ or constructor.prototype. Leave it out.'));
      else done(error, value);
    });
  });
}

const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** 415 for a body that is compressed, or in another charset. */
function findUnsupportedCoding(headers: IncomingHttpHeaders): ProblemException | undefined {
  const codings = (headers['content-encoding'] ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => coding !== '' && coding !== 'identity')) {
    return unsupportedMediaType('The service reads bodies without Content-Encoding only.');
  }
  const charsets = [...(headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*("?)([^";]*)\1/gi)];
  return charsets.every(([, , charset = '']) => /^utf-?8$/i.test(charset.trim()))
    ? undefined
    : unsupportedMediaType('The service reads JSON in UTF-8 only.');
}

const unsupportedMediaType = (detail: string): ProblemException =>
  new ProblemException({ ...serviceKitKinds['unsupported-media-type'], detail });

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns undefined for bytes that are not UTF-8, which would become replacement characters */
function toText(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const invalidBody = (detail: string): ProblemException =>
  new ProblemException({ ...serviceKitKinds['invalid-request'], detail });

/** Fastify reports a forbidden key and invalid JSON alike. Only bodies that it refuses are parsed again. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const requestTimeout = {
  ...serviceKitKinds['request-timeout'],
  detail: `The request did not arrive completely within ${requestTimeoutMs / 1000} s.`,
};

const unsupportedVersion = {
  ...serviceKitKinds['http-version-not-supported'],
  detail: 'The service supports HTTP/1.1 and HTTP/1.0.',
};

/** An error of Node's parser. */
export interface ClientError extends Error {
  readonly code?: string | undefined;
  /** The bytes that have the error, and how many of them were parsed. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number | undefined;
}

function describeClientError(error: ClientError): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        ...serviceKitKinds['request-header-fields-too-large'],
        detail: `The URL and the headers together are larger than ${maxHeaderBytes / 1024} KiB.`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimeout;
    case 'HPE_INVALID_VERSION':
    case 'HPE_PAUSED_H2_UPGRADE':
      return unsupportedVersion;
    case 'HPE_INVALID_METHOD': {
      const method = methodOf(error);
      return method === undefined ? notHttp : notImplemented(method);
    }
    default:
      return notHttp;
  }
}

const notHttp = { ...serviceKitKinds['bad-request'], detail: 'The request is not HTTP.' };

const notImplemented = (method: string): Problem => ({
  ...serviceKitKinds['not-implemented'],
  detail: `The service does not know the method ${method}.`,
});

/** The method of a request line with an unknown one; undefined when the line is not HTTP. */
function methodOf({ rawPacket, bytesParsed = 0 }: ClientError): string | undefined {
  const packet = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '';
  const line = packet.slice(packet.lastIndexOf('\n', bytesParsed - 1) + 1).split('\n', 1)[0] ?? '';
  return /^([\w!#$%&'*+.^`|~-]{1,32}) \S+ HTTP\/\d\.\d\r?$/.exec(line)?.[1];
}

type HeadersFor = (requestId: string) => Readonly<Record<string, string>>;

/**
 * Responds to requests that Node refuses while it reads them. Where there is only a connection, the problem has an empty path and a new
 * request id.
 *
 * @param headersFor the headers of every response
 * @param pendingResponses the responses on the connection that are not complete
 */
export function answerClientErrors(
  headersFor: HeadersFor,
  pendingResponses: (socket: Socket) => readonly ServerResponse[],
) {
  return (error: ClientError, socket: Socket): void => {
    const pending = pendingResponses(socket);
    // The request whose body does not arrive. Its parser fails, and Fastify responds.
    const { req: waiting } = pending.find(({ req, headersSent }) => !req.complete && !headersSent) ?? {};
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && waiting !== undefined && waiting.listenerCount('error') > 0) {
      waiting.emit('error', new ProblemException(requestTimeout));
      return;
    }
    // The client of an earlier request would take this response for its own.
    if (error.code === 'ECONNRESET' || !socket.writable || pending.length > 0) return void socket.destroy();
    writeRefusal(socket, describeClientError(error), headersFor);
  };
}

/** Responds to CONNECT, for which Node has no response; it would close the connection. */
export function refuseTunnels(server: Server, headersFor: HeadersFor): void {
  server.on('connect', (_request, stream) => {
    const socket = stream as Socket;
    socket.once('error', () => socket.destroy());
    writeRefusal(socket, notImplemented('CONNECT'), headersFor);
  });
}

function writeRefusal(socket: Socket, problem: Problem, headersFor: HeadersFor): void {
  const [requestId, { traceId }] = [randomUUID(), startServerSpan({}, undefined).spanContext()];
  const body = JSON.stringify(toProblemDetails(problem, { url: '', requestId, traceId }));
  const headers = {
    ...headersFor(requestId),
    'content-type': `${problemContentType}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(body)),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${head.join('')}\r\n${body}`);
}
