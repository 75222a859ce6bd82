import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { describedHeaders, headerReferences } from './described-headers.ts';
import { describeProblems } from './describe-problems.ts';
import { operationsOf, type OpenApiDocument, type PlacedOperation, type ParameterObject } from './document.ts';
import { optionalMark, toJsonSchema } from './json-schema.ts';
import { bearerScheme } from './needs-token.decorator.ts';
import { problemDetailsSchema } from './problem-details.schema.ts';

/** What an API says about itself. */
export interface ApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** Where an application keeps its `ApiInfo`. */
export const API_INFO = Symbol('API_INFO');

const requestIdParameter: ParameterObject = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: 'Names the request in logs; passed on, and answered with. A new one is made where there is none.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' },
};

/**
 * Describes the routes of an application that have `@Operation`, from what their decorators and schemas say. The
 * application needn't have begun: nothing is connected to.
 *
 * Left out are metrics, whose form is Prometheus's, and the actuator, whose form is that of Resilience4j's: both are
 * described where their clients come from, and neither is of use to a client of this API.
 */
export function describeApi(app: INestApplication): OpenApiDocument {
  const { title, description, version } = app.get<ApiInfo>(API_INFO);
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setDescription(description)
    .setVersion(version)
    .addServer('/')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'A token of the service’s configuration' },
      bearerScheme,
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    onlyIncludeDecoratedEndpoints: true,
    standardSchemaConverter: (schema, { schemaType }) => toJsonSchema(schema, schemaType),
  });
  document.components = {
    ...document.components,
    schemas: sorted({ ...document.components?.schemas, ...componentsOf(problemDetailsSchema) }),
    headers: describedHeaders,
    parameters: { 'X-Request-Id': requestIdParameter },
  };
  document.paths = sorted(document.paths);
  for (const placed of operationsOf(document)) finish(placed);
  return document;
}

function finish(placed: PlacedOperation): void {
  describeProblems(placed);
  const { operation } = placed;
  for (const parameter of operation.parameters ?? []) if ('schema' in parameter) settleOptional(parameter);
  operation.parameters = [...(operation.parameters ?? []), { $ref: '#/components/parameters/X-Request-Id' }];
  for (const response of Object.values(operation.responses)) {
    if (response && !('$ref' in response)) {
      response.headers = { ...headerReferences(['X-Request-Id', 'X-Instance']), ...response.headers };
    }
  }
}

/** Nest takes every parameter for a required one; its schema knows better. */
function settleOptional(parameter: ParameterObject): void {
  const schema = parameter.schema as Record<string, unknown>;
  if (schema[optionalMark] !== true) return;
  delete schema[optionalMark];
  parameter.required = false;
}

const componentsOf = (schema: typeof problemDetailsSchema): Readonly<Record<string, object>> =>
  toJsonSchema(schema, 'output')?.components ?? {};

/** The order in which modules are loaded is nobody's business, and a committed document should not follow it. */
const sorted = <T>(members: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
