import { applyDecorators } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { headerReferences, type DescribedHeader } from './described-headers.ts';

/** What an answer has beside its body. */
export interface AnswerOptions {
  /** Headers that it has beside those of every answer. Default: none. */
  readonly headers?: readonly DescribedHeader[];
  /** Its media type. Default: `application/json`. */
  readonly contentType?: string;
}

/**
 * Says what a route answers when all is well. A route that answers in several ways says so several times.
 *
 * @param schema of the body; the type that the route returns should be inferred from it. Undefined: there is no body
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
    ApiResponse({
      status,
      description,
      headers: headerReferences(headers),
      ...(schema === undefined ? {} : { standardSchema: schema }),
    }),
    ...(contentType === undefined ? [] : [ApiProduces(contentType)]),
  );
