import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operationsOf, type OpenApiDocument, type PlacedOperation } from '../../openapi/document.ts';
import type { RawAnswer, RawRequest } from './raw-request.ts';

const problemMediaType = 'application/problem+json';
const typePrefix = 'urn:breakwater:problem:';
const requiredMembers = ['type', 'title', 'status', 'detail', 'instance', 'requestId', 'traceId'];

/** Problems that are found before it is known which operation is asked for, if any; no operation describes them. */
const beforeAnyOperation = new Set(['uri-too-long', 'request-header-fields-too-large', 'request-timeout']);

/** What nobody outside should read: where code is, what the database was told, what errors are called inside. */
const innerWords =
  /\n\s+at |node_modules|\.[jt]s:\d|\bselect\b.+\bfrom\b|\binsert into\b|\b[A-Z]\w+(?:Error|Exception)\b|kysely|postgres/i;

/** Says what is wrong with answers, by the description of the API and the list of problems. */
export class AnswerJudge {
  readonly #document: OpenApiDocument;
  readonly #problems: ReadonlySet<string>;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();

  /** @param problems the names of the problems that clients are told of */
  constructor(document: OpenApiDocument, problems: Iterable<string>) {
    this.#document = document;
    this.#problems = new Set(problems);
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document, 'api');
  }

  /** A line for each fault; none where the answer is as promised. */
  faultsOf(request: RawRequest, answer: RawAnswer): string[] {
    const problem = answer.status >= 400 ? parsed(answer.body) : undefined;
    // The answer to HEAD is the head of one.
    const hasBody = request.method !== 'HEAD';
    return [
      ...(answer.status >= 500 ? [`a ${answer.status}, though nothing is wrong with the service: ${answer.body}`] : []),
      ...(answer.headers['x-request-id'] === undefined ? ['no X-Request-Id'] : []),
      ...(answer.status >= 400 && hasBody ? this.#faultsOfProblem(answer, problem) : []),
      ...(innerWords.test(withoutEcho(answer.body, request)) ? [`words from inside: ${answer.body}`] : []),
      ...this.#faultsByDescription(request, answer, problem),
    ];
  }

  #faultsOfProblem(
    { status, headers, body }: RawAnswer,
    problem: Readonly<Record<string, unknown>> | undefined,
  ): string[] {
    if (mediaTypeOf(headers) !== problemMediaType || !problem)
      return [`a ${status} that is no problem details: ${body}`];
    return [
      ...requiredMembers.filter((name) => !(name in problem)).map((name) => `a problem without ${name}: ${body}`),
      ...(problem['status'] === status ? [] : [`a ${status} that says it is ${String(problem['status'])}`]),
      ...(this.#problems.has(nameOf(problem)) ? [] : [`a type that is not listed: ${String(problem['type'])}`]),
      ...(problem['requestId'] === headers['x-request-id'] ? [] : ['another request id than X-Request-Id']),
    ];
  }

  #faultsByDescription(
    request: RawRequest,
    answer: RawAnswer,
    problem: Readonly<Record<string, unknown>> | undefined,
  ): string[] {
    const described = this.#operationOf(request);
    if (!described || answer.status >= 500) return [];
    const name = problem && nameOf(problem);
    if (name !== undefined && beforeAnyOperation.has(name)) return [];
    // Nor does one describe that its own path cannot be read.
    if (name === 'bad-request' && !isDecodable(request.target)) return [];

    const { method, path, operation } = described;
    const response = operation.responses[answer.status];
    if (!response || '$ref' in response) return [`${answer.status} is not described: ${answer.body}`];
    const { content } = response;
    if (!content) return answer.body === '' ? [] : [`a body where none is described: ${answer.body}`];
    const mediaType = mediaTypeOf(answer.headers);
    if (!(mediaType in content)) return [`${mediaType} is not described for ${answer.status}`];
    if (!mediaType.endsWith('json')) return [];
    const validate = this.#validator([
      'paths',
      path,
      method,
      'responses',
      String(answer.status),
      'content',
      mediaType,
      'schema',
    ]);
    return validate(parsedOrText(answer.body)) ? [] : [`${this.#ajv.errorsText(validate.errors)}: ${answer.body}`];
  }

  /** Which operation is meant, by the parts of the path as they were sent. */
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

const mediaTypeOf = (headers: RawAnswer['headers']): string => headers['content-type']?.split(';')[0] ?? '';
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

/** What a client said may be said back to it. */
const withoutEcho = (body: string, { target }: RawRequest): string =>
  body.replaceAll(JSON.stringify(target.split('?', 1)[0]).slice(1, -1), '');
