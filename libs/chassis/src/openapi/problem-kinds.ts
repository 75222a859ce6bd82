import { problemType } from '../problem-details/problem-details.ts';
import type { Problem } from '../problem-details/problem.exception.ts';

/**
 * What all problems of one type have in common. An exception is made of it and the API's description tells of it, so that
 * the two say the same.
 *
 * @example
 * new ProblemException({ ...customerNotFound, detail: `There is no customer ${id}.` })
 */
export type ProblemKind = Required<Pick<Problem, 'type' | 'title' | 'status'>>;

export const invalidRequest: ProblemKind = {
  type: problemType('invalid-request'),
  title: 'Invalid request',
  status: 400,
};

export const tooManyRequests: ProblemKind = {
  type: problemType('too-many-requests'),
  title: 'Too many requests',
  status: 429,
};

export const overloaded: ProblemKind = {
  type: problemType('overloaded'),
  title: 'Overloaded',
  status: 503,
};

export const databaseUnavailable: ProblemKind = {
  type: problemType('database-unavailable'),
  title: 'Database unavailable',
  status: 503,
};

export const deadlineExceeded: ProblemKind = {
  type: problemType('deadline-exceeded'),
  title: 'Not answered in time',
  status: 504,
};

/** A bearer token is missing, or is another one. */
export const unauthorized: ProblemKind = {
  type: 'about:blank',
  title: 'Unauthorized',
  status: 401,
};
