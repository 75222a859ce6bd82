import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  problemContentType,
  ProblemException,
  type ProblemKind,
  sendProblem,
  serviceKitKinds,
  toProblemDetails,
} from '../problem-details/problem-details.ts';
import { beginTrace } from '../request-context/trace-context.ts';

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

/** Refuses URLs that are too long before they are routed or logged. */
export function limitUrls(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.length <= maxUrlLength) return done();
    sendProblem(request, reply, {
      ...serviceKitKinds['uri-too-long'],
      detail: `The URL has ${request.url.length} characters; at most ${maxUrlLength} are allowed.`,
    });
  });
}

/**
 * Reads JSON bodies only, with Fastify's own parser, which refuses keys that would replace the prototype of an object
 * (`__proto__`, `constructor.prototype`). A body that is nested too deeply is not parsed.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isDeeperThan(body, maxJsonDepth)) {
      done(
        invalidBody(`The body is nested too deeply; at most ${maxJsonDepth} levels of objects and arrays are allowed.`),
      );
    } else {
      void parse(request, body, (error, value) => {
        if (error && isJson(body))
          done(invalidBody('The body has the key __proto__ or constructor.prototype. Leave it out.'));
        else done(error, value);
      });
    }
  });
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

/** Whether objects and arrays are nested more than `max` levels deep. One pass over the text; nothing is built. */
export function isDeeperThan(json: string, max: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (isInString) {
      // The character after a backslash does not end the string.
      if (character === '\\') at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > max) return true;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return false;
}

const refusals: Readonly<Record<string, ProblemKind & { readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    ...serviceKitKinds['request-header-fields-too-large'],
    detail: `The URL and the headers together are larger than ${maxHeaderBytes / 1024} KiB.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...serviceKitKinds['request-timeout'],
    detail: `The request did not arrive completely within ${requestTimeoutMs / 1000} s.`,
  },
};

const notHttp = { ...serviceKitKinds['bad-request'], detail: 'The request is not HTTP.' };

/**
 * Responds to requests that Node refuses while it reads the head: there is only a connection. The problem has an empty path and a new
 * request id.
 *
 * @param headersFor the headers of every response
 * @param isResponding whether an earlier request on the connection has no response yet: the client would take this response for it
 */
export function answerClientErrors(
  headersFor: (requestId: string) => Readonly<Record<string, string>>,
  isResponding: (socket: Socket) => boolean,
) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable || isResponding(socket)) return void socket.destroy();

    const problem = refusals[error.code ?? ''] ?? notHttp;
    const [requestId, { traceId }] = [randomUUID(), beginTrace()];
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
  };
}
