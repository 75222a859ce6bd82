import { problemContentType } from '../problem-details/problem-details.ts';
import { isProbe } from '../metrics/probe-paths.ts';
import { headerReferences, type DescribedHeader } from './described-headers.ts';
import type { OperationObject, ResponseObject } from './document.ts';
import { invalidRequest, overloaded, tooManyRequests, unauthorized, type ProblemKind } from './problem-kinds.ts';
import { problemsExtension } from './problems.decorator.ts';

const payloadTooLarge: ProblemKind = { type: 'about:blank', title: 'Payload Too Large', status: 413 };
const unsupportedMediaType: ProblemKind = { type: 'about:blank', title: 'Unsupported Media Type', status: 415 };
const unexpected: ProblemKind = { type: 'about:blank', title: 'Internal Server Error', status: 500 };

/** What a problem's answer has beside its body, by status. */
const headersOf: Readonly<Record<number, readonly DescribedHeader[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

/** Answers of an operation that nobody has to write down: those that any operation can have, and those of its input. */
function givenProblems(path: string, { requestBody, parameters = [], security = [] }: OperationObject): ProblemKind[] {
  return [
    ...(requestBody || parameters.length > 0 ? [invalidRequest] : []),
    ...(security.length > 0 ? [unauthorized] : []),
    ...(requestBody ? [payloadTooLarge, unsupportedMediaType] : []),
    unexpected,
    // Health is answered to whoever asks, however much there is to do.
    ...(isProbe(path) ? [] : [tooManyRequests, overloaded]),
  ];
}

/** Gives an operation an answer for each status that its problems have. */
export function describeProblems(path: string, operation: OperationObject): void {
  const own = (operation as { [problemsExtension]?: readonly ProblemKind[] })[problemsExtension] ?? [];
  delete (operation as { [problemsExtension]?: unknown })[problemsExtension];
  const byStatus = Map.groupBy([...own, ...givenProblems(path, operation)], ({ status }) => status);
  for (const [status, kinds] of [...byStatus].sort(([a], [b]) => a - b)) {
    operation.responses[status] = answerOf(status, kinds);
  }
}

function answerOf(status: number, kinds: readonly ProblemKind[]): ResponseObject {
  const examples = kinds.map(({ type, title }) => [
    nameOf(type, title),
    { value: { type, title, status, instance: '/', requestId: 'gate.1' } },
  ]);
  return {
    description: kinds.map(({ title }) => title).join(', or: '),
    headers: headerReferences(headersOf[status] ?? []),
    content: {
      [problemContentType]: {
        schema: { $ref: '#/components/schemas/ProblemDetails' },
        examples: Object.fromEntries(examples) as Record<string, { value: unknown }>,
      },
    },
  };
}

const nameOf = (type: string, title: string): string =>
  type === 'about:blank' ? title.toLowerCase().replaceAll(' ', '-') : (type.split(':').at(-1) ?? type);
