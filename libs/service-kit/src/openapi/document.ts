import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

/** An OpenAPI document and its parts, by the names of the specification. */
export type OpenApiDocument = OpenAPIObject;
export type PathItemObject = OpenAPIObject['paths'][string];
export type OperationObject = NonNullable<PathItemObject['get']>;
export type ResponseObject = Exclude<NonNullable<OperationObject['responses'][string]>, ReferenceObject>;
export type ParameterObject = Exclude<NonNullable<OperationObject['parameters']>[number], ReferenceObject>;
export type HeaderObject = Exclude<NonNullable<ResponseObject['headers']>[string], ReferenceObject>;

export interface ReferenceObject {
  $ref: string;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;

/** An operation with its method and path. */
export interface PlacedOperation {
  /** In lower case. */
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** All operations of the document. */
export function operationsOf({ paths }: OpenApiDocument): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}

/** Marks an optional parameter until its description is finished. */
export const optionalMark = 'x-optional';

/** A schema, and the schemas that it refers to by name. */
export interface ConvertedSchema {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly components: Readonly<Record<string, object>>;
}

/**
 * Converts a zod schema to JSON Schema. A schema with an id (`.meta({ id: 'Account' })`) becomes a component.
 *
 * @param io what a client sends (`input`) or receives (`output`)
 * @returns undefined when it is not a zod schema
 */
export function toJsonSchema(schema: unknown, io: 'input' | 'output'): ConvertedSchema | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $schema: _, $defs = {}, ...converted } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  const isOptional = schema.safeParse(undefined).success;
  return {
    schema: isOptional ? { ...converted, [optionalMark]: true } : converted,
    components: $defs,
  };
}
