import { applyDecorators } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiHeader,
  ApiIncludeEndpoint,
  ApiOperation,
  ApiProduces,
  ApiResponse,
} from '@nestjs/swagger';
import type { z } from 'zod';
import type { ProblemKind } from '../problem-details/problem-details.ts';
import { optionalMark, toJsonSchema, type HeaderObject, type ReferenceObject } from './document.ts';

/**
 * Adds a route to the API's description. Routes without it are left out.
 *
 * @param operationId its name in generated clients; unique within a service
 * @param summary one line
 */
export const Operation = (operationId: string, summary: string): MethodDecorator =>
  applyDecorators(ApiIncludeEndpoint(), ApiOperation({ operationId, summary }));

export interface AnswerOptions {
  /** Headers in addition to those of every response. Default: none. */
  readonly headers?: readonly DescribedHeader[];
  /** The media type. Default: `application/json`. */
  readonly contentType?: string;
}

/**
 * Describes a successful response of a route. A route can have several.
 *
 * @param schema of the body, from which the return type of the route should be inferred; undefined: there is no body
 * @example
 * \@Answers(201, accountSchema, 'The account, ready for use', { headers: ['Location', 'ETag'] })
 */
export const Answers = (
  status: number,
  schema: z.ZodType | undefined,
  description: string,
  { headers = [], contentType }: AnswerOptions = {},
): MethodDecorator =>
  applyDecorators(
    addSuccessStatus(status),
    ApiResponse({
      status,
      description,
      headers: headerReferences(headers),
      ...(schema === undefined ? {} : { standardSchema: schema }),
    }),
    ...(contentType === undefined ? [] : [ApiProduces(contentType)]),
  );

const successStatuses = Symbol('successStatuses');

const addSuccessStatus =
  (status: number): MethodDecorator =>
  (_prototype, _name, { value }) =>
    Reflect.defineMetadata(successStatuses, [status, ...successStatusesOf(value as object)], value as object);

/** The statuses of the successful responses that a route describes with `@Answers`. */
export const successStatusesOf = (handler: object): readonly number[] =>
  (Reflect.getOwnMetadata(successStatuses, handler) as readonly number[] | undefined) ?? [];

/** The extension with the problems of a route, until its description is finished. It is not served. */
export const problemsExtension = 'x-problems';

/**
 * Describes the problems of a route, in addition to those of every route (`describe-api.ts`).
 *
 * @example
 * \@Problems(unknownCustomer, idempotencyKeyReused)
 */
export const Problems = (...kinds: readonly ProblemKind[]): MethodDecorator => ApiExtension(problemsExtension, kinds);

/**
 * Describes a header that a route reads. The route itself validates it: Nest does not validate headers by schemas.
 *
 * @param schema of its value; an optional schema makes the header optional
 * @example
 * \@TakesHeader('Idempotency-Key', idempotencyKey.optional(), 'Makes the request repeatable')
 */
export function TakesHeader(name: string, schema: z.ZodType, description: string): MethodDecorator {
  const { [optionalMark]: isOptional, ...described } = toJsonSchema(schema, 'input')?.schema ?? {};
  return ApiHeader({ name, description, required: isOptional !== true, schema: described });
}

/** The name of bearer tokens in the API's description. */
export const bearerScheme = 'bearerToken';

/** Describes that a controller or a route needs a bearer token. A guard checks it. */
export const NeedsToken = (): ClassDecorator & MethodDecorator => ApiBearerAuth(bearerScheme);

const text = (description: string): HeaderObject => ({ description, schema: { type: 'string' } });
const count = (description: string): HeaderObject => ({ description, schema: { type: 'integer', minimum: 0 } });

/** The headers of responses, by the names that clients know. */
export const describedHeaders = {
  'X-Request-Id': text('The id of the request in the logs: that of the request’s header, or a new one'),
  'X-Instance': text('The replica that responded'),
  Location: text('The URL of the resource'),
  Link: text('The URL of the next page (rel="next"); the last page has none'),
  ETag: text('The version of the resource, for If-Match'),
  'Retry-After': count('The seconds until another attempt may succeed'),
  'RateLimit-Limit': count('The requests that a client may send per second'),
  'RateLimit-Remaining': count('The requests that remain of them'),
  'RateLimit-Reset': count('The seconds until all of them are available again'),
  'WWW-Authenticate': text('The method of authentication'),
  'Idempotency-Replayed': text('true when the response is that of an earlier request with the same Idempotency-Key'),
} as const satisfies Record<string, HeaderObject>;

export type DescribedHeader = keyof typeof describedHeaders;

/** The `headers` of a response. */
export const headerReferences = (names: readonly DescribedHeader[]): Record<string, ReferenceObject> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
