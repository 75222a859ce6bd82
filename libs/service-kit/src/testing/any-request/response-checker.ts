import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operationsOf, type OpenApiDocument, type PlacedOperation } from '../../openapi/document.ts';
import type { RawResponse, RawRequest } from './raw-request.ts';

const problemMediaType = 'application/problem+json';
const typePrefix = 'urn:breakwater:problem:';
const requiredMembers = ['type', 'title', 'status', 'detail', 'instance', 'requestId', 'traceId'];

/** Problems that are found before the operation is known; no operation describes them. */
const beforeAnyOperation = new Set([
  'uri-too-long',
  'request-header-fields-too-large',
  'request-timeout',
  'expectation-failed',
  'not-implemented',
  'http-version-not-supported',
]);

/** Internal details: the positions of code, SQL statements, the names of error classes. */
const internalDetails =
  /\n\s+at |node_modules|\.[jt]s:\d|\bselect\b.+\bfrom\b|\binsert into\b|\b[A-Z]\w+(?:Error|Exception)\b|kysely|postgres/i;

/** Checks responses against the description of the API and the list of problems. */
export class ResponseChecker {
  readonly #document: OpenApiDocument;
  readonly #problems: ReadonlySet<string>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  /** @param problems the names of all documented problems */
  constructor(document: OpenApiDocument, problems: Iterable<string>) {
    this.#document = document;
    this.#problems = new Set(problems);
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'api');
  }

  /** A line for each issue; none for a response as documented. */
  issuesOf(request: RawRequest, response: RawResponse): string[] {
    const problem = response.status >= 400 ? parsed(response.body) : undefined;
    // The response to HEAD has no body.
    const hasBody = request.method !== 'HEAD';
    return [
      ...(response.status >= 500 ? [`a ${response.status} of a healthy service: ${response.body}`] : []),
      ...(response.headers['x-request-id'] === undefined ? ['no X-Request-Id'] : []),
      ...(response.status >= 400 && hasBody ? this.#issuesOfProblem(response, problem) : []),
      ...(internalDetails.test(withoutEcho(response.body, request)) ? [`internal details: ${response.body}`] : []),
      ...this.#issuesByDescription(request, response, problem),
    ];
  }

  #issuesOfProblem(
    { status, headers, body }: RawResponse,
    problem: Readonly<Record<string, unknown>> | undefined,
  ): string[] {
    if (mediaTypeOf(headers) !== problemMediaType || !problem) return [`a ${status} without problem details: ${body}`];
    return [
      ...requiredMembers.filter((name) => !(name in problem)).map((name) => `a problem without ${name}: ${body}`),
      ...(problem['status'] === status ? [] : [`a ${status} with status ${String(problem['status'])} in its body`]),
      ...(this.#problems.has(nameOf(problem)) ? [] : [`a type that is not documented: ${String(problem['type'])}`]),
      ...(problem['requestId'] === headers['x-request-id'] ? [] : ['a request id other than X-Request-Id']),
    ];
  }

  #issuesByDescription(
    request: RawRequest,
    response: RawResponse,
    problem: Readonly<Record<string, unknown>> | undefined,
  ): string[] {
    const placed = this.#operationOf(request);
    if (!placed || response.status >= 500) return [];
    const name = problem && nameOf(problem);
    if (name !== undefined && beforeAnyOperation.has(name)) return [];
    // Nor does an operation describe that its path cannot be decoded.
    if (name === 'bad-request' && !isDecodable(request.target)) return [];

    const { method, path, operation } = placed;
    const described = operation.responses[response.status];
    if (!described || '$ref' in described) return [`${response.status} is not described: ${response.body}`];
    const { content } = described;
    if (!content) return response.body === '' ? [] : [`a body where none is described: ${response.body}`];
    const mediaType = mediaTypeOf(response.headers);
    if (!(mediaType in content)) return [`${mediaType} is not described for ${response.status}`];
    if (!mediaType.endsWith('json')) return [];
    const validate = this.#validator([
      'paths',
      path,
      method,
      'responses',
      String(response.status),
      'content',
      mediaType,
      'schema',
    ]);
    return validate(parsedOrText(response.body)) ? [] : [`${this.#ajv.errorsText(validate.errors)}: ${response.body}`];
  }

  /** The operation of a request, by the undecoded parts of its path. */
  #operationOf({ method, target }: RawRequest): PlacedOperation | undefined {
    const parts = (target.split('?', 1)[0] ?? '').split('/');
    return operationsOf(this.#document).find(({ method: each, path }) => {
      const template = path.split('/');
      return (
        each === method.toLowerCase() &&
        template.length === parts.length &&
        template.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index]))
      );
    });
  }

  #validator(steps: readonly string[]): ValidateFunction {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `api#/${pointer}` });
    this.#validators.set(pointer, validate);
    return validate;
  }
}

const mediaTypeOf = (headers: RawResponse['headers']): string => headers['content-type']?.split(';')[0] ?? '';
const nameOf = (problem: Readonly<Record<string, unknown>>): string => String(problem['type']).replace(typePrefix, '');

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parsedOrText(text);
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function isDecodable(target: string): boolean {
  try {
    decodeURIComponent(target);
    return true;
  } catch {
    return false;
  }
}

/** A response may repeat the path of its request. */
const withoutEcho = (body: string, { target }: RawRequest): string =>
  body.replaceAll(JSON.stringify(target.split('?', 1)[0]).slice(1, -1), '');
