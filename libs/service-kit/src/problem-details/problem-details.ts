import { HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import {
  DatabaseUnavailableError,
  TransactionConflictError,
  UnstorableTextError,
} from '../database/database-errors.ts';
import { traceOf } from '../request-context/request-context.ts';
import { findUnstorableText, type RequestInputs } from './unstorable-text.ts';

/** The members that all problems of one type share. Exceptions and the API's description both use it. */
export interface ProblemKind {
  readonly type: string;
  /** In words, always the same for one `type`. */
  readonly title: string;
  readonly status: number;
}

/** The `type` of a problem of this project. */
export const problemType = (name: string): string => `urn:breakwater:problem:${name}`;

/**
 * Kinds of problems by the names in their types. `docs/problems.md` explains each of them; a test compares the two.
 *
 * @example
 * const kinds = problemKinds({ 'customer-not-found': { status: 404, title: 'Customer not found' } });
 * throw new ProblemException({ ...kinds['customer-not-found'], detail: `There is no customer ${id}.` });
 */
export const problemKinds = <Name extends string>(
  kinds: Readonly<Record<Name, Omit<ProblemKind, 'type'>>>,
): Readonly<Record<Name, ProblemKind>> =>
  Object.fromEntries(
    Object.entries<Omit<ProblemKind, 'type'>>(kinds).map(([name, kind]) => [
      name,
      { type: problemType(name), ...kind },
    ]),
  ) as Record<Name, ProblemKind>;

/** The problems of every service. */
export const serviceKitKinds = problemKinds({
  'invalid-request': { status: 400, title: 'Invalid request' },
  'bad-request': { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  'not-found': { status: 404, title: 'Not Found' },
  'method-not-allowed': { status: 405, title: 'Method Not Allowed' },
  'request-timeout': { status: 408, title: 'Request Timeout' },
  'precondition-failed': { status: 412, title: 'Precondition Failed' },
  'content-too-large': { status: 413, title: 'Content Too Large' },
  'uri-too-long': { status: 414, title: 'URI Too Long' },
  'unsupported-media-type': { status: 415, title: 'Unsupported Media Type' },
  'expectation-failed': { status: 417, title: 'Expectation Failed' },
  'unstorable-text': { status: 422, title: 'Text cannot be stored' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'request-header-fields-too-large': { status: 431, title: 'Request Header Fields Too Large' },
  'internal-error': { status: 500, title: 'Internal Server Error' },
  'not-implemented': { status: 501, title: 'Not Implemented' },
  overloaded: { status: 503, title: 'Overloaded' },
  'database-unavailable': { status: 503, title: 'Database unavailable' },
  'deadline-exceeded': { status: 504, title: 'Not answered in time' },
  'http-version-not-supported': { status: 505, title: 'HTTP Version Not Supported' },
});

/** An error for the client of an HTTP API. */
export interface Problem {
  /** The kind of problem: a URI. Default: the general type of the status, such as that of `not-found`. */
  readonly type?: string;
  /** The kind of problem in words, always the same for one `type`. */
  readonly title: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** What happened, in words for the client. Default: the title. */
  readonly detail?: string;
  /** Further members of the body, by name. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Headers of the response, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The cause, for the log only. */
  readonly cause?: unknown;
}

/** An error that reaches the client as problem details (RFC 9457). */
export class ProblemException extends HttpException {
  override readonly name = 'ProblemException';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title, problem.status, { cause: problem.cause });
    this.problem = problem;
  }
}

const inputError = z.object({
  pointer: z.string().optional().describe('The member of the body: a JSON pointer such as #/label'),
  parameter: z.string().optional().describe('The parameter of the path, the query or the headers'),
  detail: z.string(),
});

/** One invalid part of a request. */
export type InputError = z.output<typeof inputError>;

/** The body of an error response. */
export const problemDetailsSchema = z
  .looseObject({
    type: z.string().describe('The kind of problem: a URI'),
    title: z.string().describe('The kind of problem in words, always the same for one type'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened'),
    instance: z.string().describe('The path of the request'),
    requestId: z.string().describe('The id of the request in the logs'),
    traceId: z.string().describe('The id of the trace in the logs'),
    errors: z.array(inputError).optional().describe('The invalid parts of the request'),
  })
  .meta({ id: 'ProblemDetails', description: 'An error, as RFC 9457 describes it' });

export type ProblemDetails = Readonly<z.output<typeof problemDetailsSchema>>;

export const problemContentType = 'application/problem+json';

/** A problem with its type and detail. */
export type DescribedProblem = Problem & Required<Pick<Problem, 'type' | 'detail'>>;

/**
 * The problem for an error. It never contains a stack, a statement or other internal details.
 *
 * @param inputs of the request, for a problem that names one of them. Default: none is named
 */
export function describeProblem(error: unknown, inputs: RequestInputs = {}): DescribedProblem {
  if (error instanceof ProblemException) return complete(error.problem);
  if (error instanceof DatabaseUnavailableError) return databaseUnavailable;
  if (error instanceof TransactionConflictError) return transactionConflict;
  if (error instanceof UnstorableTextError) return unstorableText(error, inputs);
  const status = clientErrorStatusOf(error);
  if (status !== undefined && error instanceof Error) return problemOfStatus(status, error.message);
  if (error instanceof HttpException && error.getStatus() > 500)
    return problemOfStatus(error.getStatus(), error.message);
  return internalError;
}

/** Adds the type and the detail that a problem leaves to its status. */
const complete = (problem: Problem): DescribedProblem => ({
  ...problem,
  type: problem.type ?? problemType(nameOf(problem.status)),
  detail: problem.detail ?? problem.title,
});

const databaseUnavailable: DescribedProblem = {
  ...serviceKitKinds['database-unavailable'],
  detail: 'The service cannot reach its database at the moment. Try again later.',
  headers: { 'retry-after': '1' },
};

const transactionConflict: DescribedProblem = {
  ...databaseUnavailable,
  detail: 'Other requests change the same data at the moment. Nothing has been done. Try again later.',
};

const unstorableText = (error: UnstorableTextError, inputs: RequestInputs): DescribedProblem => ({
  ...serviceKitKinds['unstorable-text'],
  detail:
    'The request has a character that the database of the service cannot store. Nothing has been done. See errors.',
  extensions: { errors: findUnstorableText(error, inputs) },
});

const internalError: DescribedProblem = {
  ...serviceKitKinds['internal-error'],
  detail: 'An unexpected error occurred. The logs have the details under the request id.',
};

/** The general problem of a status. @param detail default: the reason phrase */
export const problemOfStatus = (status: number, detail = titleOf(status)): DescribedProblem =>
  complete({ title: titleOf(status), status, detail });

/** RFC 9110 has renamed 413; Node still has the old name. */
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
 * The status of an error about the request, whose message is for the client: a Nest exception or an error of Fastify. The status
 * of any other error, such as a response of another service, does not concern our client.
 */
function clientErrorStatusOf(error: unknown): number | undefined {
  const status = error instanceof HttpException ? error.getStatus() : fastifyStatusOf(error);
  return status !== undefined && status >= 400 && status < 500 ? status : undefined;
}

function fastifyStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return undefined;
  return String(error.code).startsWith('FST_') && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The request that a problem responds to. */
export interface ProblemRequest {
  /** The URL; its query is left out of the problem. */
  readonly url: string;
  readonly requestId: string;
  readonly traceId: string;
}

/** The body for a problem, in the order for readers. Extensions do not replace other members. */
export function toProblemDetails(problem: Problem, { url, requestId, traceId }: ProblemRequest): ProblemDetails {
  const { type, title, status, detail, extensions } = complete(problem);
  const members = { type, title, status, detail, instance: url.split('?', 1)[0] ?? '', requestId, traceId };
  return { ...members, ...extensions, ...members };
}

/** The body as JSON, and its status. A problem that JSON cannot express becomes an internal error. */
export function writeProblem(problem: Problem, request: ProblemRequest): { status: number; body: string } {
  try {
    return { status: problem.status, body: JSON.stringify(toProblemDetails(problem, request)) };
  } catch {
    return { status: internalError.status, body: JSON.stringify(toProblemDetails(internalError, request)) };
  }
}

/** Responds with a problem before Nest, whose filter would do it, receives the request. */
export function sendProblem({ id, raw, url }: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, body } = writeProblem(problem, { url, requestId: id, traceId: traceOf(raw).traceId });
  return reply
    .status(status)
    .headers({ ...problem.headers, 'content-type': problemContentType })
    .send(body);
}
