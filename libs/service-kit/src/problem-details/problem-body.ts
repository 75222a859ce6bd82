import { complete, internalError } from './describe-problem.ts';
import type { ProblemDetails } from './problem-details.ts';
import type { Problem } from './problem.exception.ts';

/** The request that a problem is the answer to. */
export interface ProblemRequest {
  /** As it came; its query is left out. */
  readonly url: string;
  readonly requestId: string;
  readonly traceId: string;
}

/** The members of the response's body, in the order a reader wants them. Extensions don't take the place of others. */
export function toProblemDetails(problem: Problem, { url, requestId, traceId }: ProblemRequest): ProblemDetails {
  const { type, title, status, detail, extensions } = complete(problem);
  const members = { type, title, status, detail, instance: url.split('?', 1)[0] ?? '', requestId, traceId };
  return { ...members, ...extensions, ...members };
}

/** The response's body, with a status that fits it: a problem that cannot be written down is an internal error. */
export function writeProblem(problem: Problem, request: ProblemRequest): { status: number; body: string } {
  try {
    return { status: problem.status, body: JSON.stringify(toProblemDetails(problem, request)) };
  } catch {
    return { status: internalError.status, body: JSON.stringify(toProblemDetails(internalError, request)) };
  }
}
