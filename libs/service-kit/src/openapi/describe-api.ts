import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { isProbe } from '../metrics/metrics.registry.ts';
import {
  problemContentType,
  problemDetailsSchema,
  type ProblemKind,
  serviceKitKinds,
} from '../problem-details/problem-details.ts';
import { operationsOf, optionalMark, toJsonSchema } from './document.ts';
import type { OpenApiDocument, ParameterObject, PlacedOperation, ResponseObject } from './document.ts';
import { bearerScheme, describedHeaders, headerReferences, problemsExtension } from './operation-decorators.ts';
import type { DescribedHeader } from './operation-decorators.ts';

/** The title page of an API's description. */
export interface ApiInfo {
  readonly title: string;
  readonly description: string;
  readonly version: string;
}

/** The token of an application's `ApiInfo`. */
export const API_INFO = Symbol('API_INFO');

/** The paths of the description for programs and for people. */
const descriptionPath = '/openapi.json';
const docsPath = '/docs';

/** Whether a path is that of the page for people, or of a file that it loads. */
export const isDocs = (path: string): boolean => path === docsPath || path.startsWith(`${docsPath}/`);

/**
 * Serves the API's description: `GET /openapi.json`, and a page for reading and trying it, `GET /docs`. The page loads only files of
 * this service, by relative URLs. Both are made at their first request.
 */
export function serveApiDescription(app: INestApplication): void {
  SwaggerModule.setup(docsPath, app, () => describeApi(app), {
    jsonDocumentUrl: descriptionPath,
    raw: ['json'],
    customSiteTitle: app.get<ApiInfo>(API_INFO).title,
    // The validator's badge would be a request to another server.
    swaggerOptions: { validatorUrl: null },
  });
}

const requestIdParameter: ParameterObject = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: 'The id of the request in the logs; it is passed on and returned. Default: a new one.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' },
};

/**
 * Describes the routes of an application that have `@Operation`, from their decorators and schemas. The application need not be
 * initialized; nothing is connected to.
 *
 * Metrics and the actuator are left out: their formats are those of Prometheus and Resilience4j, and no client of the API needs
 * them.
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
  const problemComponents = toJsonSchema(problemDetailsSchema, 'output')?.components;
  document.components = {
    ...document.components,
    schemas: sorted({ ...document.components?.schemas, ...problemComponents }),
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

/** Nest describes every parameter as required; the schema says whether it is. */
function settleOptional(parameter: ParameterObject): void {
  const schema = parameter.schema as Record<string, unknown>;
  if (schema[optionalMark] !== true) return;
  delete schema[optionalMark];
  parameter.required = false;
}

/** A committed document should not depend on the order in which modules are loaded. */
const sorted = <T>(members: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The headers of problems by status. */
const problemHeaders: Readonly<Record<number, readonly DescribedHeader[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

/** Methods with which a body is read, and can be refused, even if the operation does not use it. */
const methodsWithBody = new Set(['post', 'put', 'patch', 'delete']);

/** The problems that an operation has without being decorated: those of every operation, and those of its input. */
function impliedProblems({ method, path, operation }: PlacedOperation): ProblemKind[] {
  const { requestBody, parameters = [], security = [] } = operation;
  return [
    ...(requestBody || parameters.length > 0 ? [serviceKitKinds['invalid-request']] : []),
    ...(methodsWithBody.has(method)
      ? [
          serviceKitKinds['bad-request'],
          serviceKitKinds['content-too-large'],
          serviceKitKinds['unsupported-media-type'],
        ]
      : []),
    ...(security.length > 0 ? [serviceKitKinds.unauthorized] : []),
    serviceKitKinds['internal-error'],
    // Probes are not limited.
    ...(isProbe(path) ? [] : [serviceKitKinds['too-many-requests'], serviceKitKinds.overloaded]),
  ];
}

/** Adds a response for each status of an operation's problems. */
function describeProblems(placed: PlacedOperation): void {
  const { operation } = placed;
  const own = (operation as { [problemsExtension]?: readonly ProblemKind[] })[problemsExtension] ?? [];
  delete (operation as { [problemsExtension]?: unknown })[problemsExtension];
  const byStatus = Map.groupBy([...own, ...impliedProblems(placed)], ({ status }) => status);
  for (const [status, kinds] of [...byStatus].sort(([a], [b]) => a - b)) {
    operation.responses[status] = problemResponse(status, kinds);
  }
}

function problemResponse(status: number, kinds: readonly ProblemKind[]): ResponseObject {
  const examples = kinds.map(({ type, title }) => [
    type.split(':').at(-1),
    { value: { type, title, status, detail: title, instance: '/', requestId: 'gate.1', traceId: exampleTrace } },
  ]);
  return {
    description: kinds.map(({ title }) => title).join(', or: '),
    headers: headerReferences(problemHeaders[status] ?? []),
    content: {
      [problemContentType]: {
        schema: { $ref: '#/components/schemas/ProblemDetails' },
        examples: Object.fromEntries(examples) as Record<string, { value: unknown }>,
      },
    },
  };
}

/** The example of the W3C recommendation. */
const exampleTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
