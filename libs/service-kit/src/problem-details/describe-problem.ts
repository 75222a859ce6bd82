import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { DatabaseUnavailableError } from '../database/database-unavailable.error.ts';
import { problemType } from './problem-details.ts';
import { serviceKitKinds } from './problem-kinds.ts';
import { ProblemException, type Problem } from './problem.exception.ts';

/** A problem that says what kind it is. */
export type DescribedProblem = Problem & Required<Pick<Problem, 'type' | 'detail'>>;

/** What the client is told about an error: never a stack, a statement or anything else from inside. */
export function describeProblem(error: unknown): DescribedProblem {
  if (error instanceof ProblemException) return complete(error.problem);
  if (error instanceof DatabaseUnavailableError) return databaseUnavailable;
  const status = clientErrorStatusOf(error);
  if (status !== undefined && error instanceof Error) return ofStatus(status, error.message);
  if (error instanceof HttpException && error.getStatus() > 500) return ofStatus(error.getStatus(), error.message);
  return internalError;
}

/** Fills in what a problem leaves to its status: the kind, and the words for what happened. */
export const complete = (problem: Problem): DescribedProblem => ({
  ...problem,
  type: problem.type ?? problemType(nameOf(problem.status)),
  detail: problem.detail ?? problem.title,
});

/** A problem of the chassis's own, as its catalogue has it. */
const serviceKitProblem = (name: keyof typeof serviceKitKinds, detail: string): DescribedProblem => ({
  ...serviceKitKinds[name],
  detail,
});

const databaseUnavailable: DescribedProblem = {
  ...serviceKitProblem('database-unavailable', 'The service cannot reach its database at the moment. Try again later.'),
  headers: { 'retry-after': '1' },
};

export const internalError = serviceKitProblem(
  'internal-error',
  'The service met an error it did not expect. The logs know more under the request id.',
);

const ofStatus = (status: number, detail: string): DescribedProblem =>
  complete({ title: titleOf(status), status, detail });

/** RFC 9110 has given 413 another name than Node still knows it by. */
const titleOf = (status: number): string =>
  status === 413 ? serviceKitKinds['content-too-large'].title : (STATUS_CODES[status] ?? 'Error');

/** `not-found` for 404. */
const nameOf = (status: number): string =>
  status === 500
    ? 'internal-error'
    : titleOf(status)
        .toLowerCase()
        .replaceAll(/[^a-z]+/g, '-');

/**
 * The status of an error about the request, whose message is meant for the client: those that Nest's exceptions have, and
 * Fastify's own. Whatever else carries a status, such as an answer of another service, is none of our client's business.
 */
function clientErrorStatusOf(error: unknown): number | undefined {
  const status = error instanceof HttpException ? error.getStatus() : fastifyStatusOf(error);
  return status !== undefined && status >= 400 && status < 500 ? status : undefined;
}

function fastifyStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return undefined;
  return String(error.code).startsWith('FST_') && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
