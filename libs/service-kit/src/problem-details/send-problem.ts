import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceOf } from '../request-context/request-trace.ts';
import { writeProblem } from './problem-body.ts';
import { problemContentType } from './problem-details.ts';
import type { Problem } from './problem.exception.ts';

/** Answers a request with a problem before it has reached anything of Nest's, and so its filter. */
export function sendProblem({ id, raw, url }: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, body } = writeProblem(problem, { url, requestId: id, traceId: traceOf(raw).traceId });
  return reply
    .status(status)
    .headers({ ...problem.headers, 'content-type': problemContentType })
    .send(body);
}
