import { ApiHeader } from '@nestjs/swagger';
import type { z } from 'zod';
import { optionalMark, toJsonSchema } from './json-schema.ts';

/**
 * Says that a route reads a header. It describes: Nest checks no headers by schemas, and so the route does.
 *
 * @param schema of its value; the header can be left out where the schema is optional
 * @example
 * \@TakesHeader('Idempotency-Key', idempotencyKey.optional(), 'Under which the request can be sent again')
 */
export function TakesHeader(name: string, schema: z.ZodType, description: string): MethodDecorator {
  const { [optionalMark]: isOptional, ...described } = toJsonSchema(schema, 'input')?.schema ?? {};
  return ApiHeader({ name, description, required: isOptional !== true, schema: described });
}
