import { problemContentType } from '../problem-details/problem-details.ts';
import { isProbe } from '../metrics/probe-paths.ts';
import { headerReferences, type DescribedHeader } from './described-headers.ts';
import type { PlacedOperation, ResponseObject } from './document.ts';
import { serviceKitKinds, type ProblemKind } from '../problem-details/problem-kinds.ts';
import { problemsExtension } from './problems.decorator.ts';

/** What a problem's answer has beside its body, by status. */
const headersOf: Readonly<Record<number, readonly DescribedHeader[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

/** Under which a body is read, and refused, even where the operation has no use for one. */
const methodsWithBody = new Set(['post', 'put', 'patch', 'delete']);

/** Answers of an operation that nobody has to write down: those that any operation can have, and those of its input. */
function givenProblems({ method, path, operation }: PlacedOperation): ProblemKind[] {
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
    // Health is answered to whoever asks, however much there is to do.
    ...(isProbe(path) ? [] : [serviceKitKinds['too-many-requests'], serviceKitKinds.overloaded]),
  ];
}

/** Gives an operation an answer for each status that its problems have. */
export function describeProblems(placed: PlacedOperation): void {
  const { operation } = placed;
  const own = (operation as { [problemsExtension]?: readonly ProblemKind[] })[problemsExtension] ?? [];
  delete (operation as { [problemsExtension]?: unknown })[problemsExtension];
  const byStatus = Map.groupBy([...own, ...givenProblems(placed)], ({ status }) => status);
  for (const [status, kinds] of [...byStatus].sort(([a], [b]) => a - b)) {
    operation.responses[status] = answerOf(status, kinds);
  }
}

function answerOf(status: number, kinds: readonly ProblemKind[]): ResponseObject {
  const examples = kinds.map(({ type, title }) => [
    type.split(':').at(-1),
    { value: { type, title, status, detail: title, instance: '/', requestId: 'gate.1', traceId: exampleTrace } },
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

/** The one of the W3C's recommendation. */
const exampleTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
