import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { DatabaseUnavailableError } from '../database/database-unavailable.error.ts';
import { DeadlinePassedError } from '../request-context/request-end.ts';
import type { ProblemDetails } from './problem-details.ts';
import { problemType } from './problem-details.ts';
import { ProblemException, type Problem } from './problem.exception.ts';

/** What the client is told about an error: never a stack, a statement or anything else from inside. */
export function describeProblem(error: unknown): Problem {
  if (error instanceof ProblemException) return error.problem;
  if (error instanceof DatabaseUnavailableError) return databaseUnavailable;
  if (error instanceof DeadlinePassedError) return { ...deadlinePassed, detail: error.message };
  if (error instanceof HttpException) return ofStatus(error.getStatus(), error.message);
  if (isClientError(error)) return ofStatus(error.statusCode, error.message);
  return ofStatus(500, 'The service met an error it did not expect. The logs know more under the request id.');
}

/** The members of the response's body, in the order a reader wants them. */
export function toProblemDetails(
  { type = 'about:blank', title, status, detail, extensions }: Problem,
  request: { readonly path: string; readonly requestId: string | undefined },
): ProblemDetails {
  return {
    type,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    instance: request.path,
    ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    ...extensions,
  };
}

const databaseUnavailable: Problem = {
  type: problemType('database-unavailable'),
  title: 'Database unavailable',
  status: 503,
  detail: 'The service cannot reach its database at the moment. Try again later.',
  headers: { 'retry-after': '1' },
};

const deadlinePassed: Problem = {
  type: problemType('deadline-exceeded'),
  title: 'Not answered in time',
  status: 504,
};

const ofStatus = (status: number, detail: string): Problem => ({
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
});

/** Fastify's own errors about a request carry the status to answer with; those of the server stay inside. */
function isClientError(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  );
}
