import type { OpenAPIObject } from '@nestjs/swagger';

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

/** An operation, with the method and the path that it is reached by. */
export interface PlacedOperation {
  /** In lower case. */
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** Every operation of the document. */
export function operationsOf({ paths }: OpenApiDocument): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}
