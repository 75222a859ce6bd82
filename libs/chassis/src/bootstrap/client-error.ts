import type { ConnectionError } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { chassisProblems } from '../problem-details/problem-catalogue.ts';
import { toProblemDetails } from '../problem-details/problem-body.ts';
import { problemContentType, problemType } from '../problem-details/problem-details.ts';
import { requestIdHeader } from '../request-context/request-id.ts';
import { beginTrace } from '../request-context/trace-context.ts';

const problems: Readonly<Record<string, { name: keyof typeof chassisProblems; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { name: 'request-timeout', detail: 'The request did not arrive whole in time.' },
  HPE_HEADER_OVERFLOW: { name: 'request-header-fields-too-large', detail: 'The headers of the request are too large.' },
};
const notHttp = { name: 'bad-request', detail: 'What arrived is not an HTTP request.' } as const;

/** Answers what is no request, or not a whole one, and so gets as far as no route; then closes the connection. */
export function answerClientError(error: Pick<ConnectionError, 'code'>, socket: Socket, headers: object): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;

  const { name, detail } = problems[error.code] ?? notHttp;
  const { status, title } = chassisProblems[name];
  // It has no id that could be read; the answer has, as every other.
  const [requestId, { traceId }] = [randomUUID(), beginTrace()];
  const body = JSON.stringify(
    toProblemDetails({ type: problemType(name), title, status, detail }, { url: '', requestId, traceId }),
  );
  const lines = Object.entries({
    ...headers,
    [requestIdHeader]: requestId,
    'content-type': problemContentType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([header, value]) => `${header}: ${value}`);
  if (socket.writable) socket.write([`HTTP/1.1 ${status} ${title}`, ...lines, '', body].join('\r\n'));
  socket.destroySoon();
}
