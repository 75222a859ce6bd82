import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { toProblemDetails } from '../problem-details/problem-body.ts';
import { problemContentType } from '../problem-details/problem-details.ts';
import { serviceKitKinds, type ProblemKind } from '../problem-details/problem-kinds.ts';
import { beginTrace } from '../request-context/trace-context.ts';
import { maxHeaderBytes, requestTimeoutMs } from './request-limits.ts';

const refusals: Readonly<Record<string, ProblemKind & { readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    ...serviceKitKinds['request-header-fields-too-large'],
    detail: `The URL and the headers have more than ${maxHeaderBytes / 1024} KiB together.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...serviceKitKinds['request-timeout'],
    detail: `The whole request has not come within ${requestTimeoutMs / 1000} s.`,
  },
};

const notHttp = { ...serviceKitKinds['bad-request'], detail: 'What was sent is not HTTP.' };

/**
 * Answers what never becomes a request: Node gives up on it while it reads the head, so that there is a connection and
 * nothing else. There is no path that could be told, and the id is a new one.
 *
 * @param headersFor what every answer has
 * @param isAnswering whether an earlier request on the connection is still to be answered: this answer would be taken for its
 */
export function answerClientErrors(
  headersFor: (requestId: string) => Readonly<Record<string, string>>,
  isAnswering: (socket: Socket) => boolean,
) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    // Nobody is there, or another answer is on its way.
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) return void socket.destroy();

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
