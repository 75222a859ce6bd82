import { operationsOf, type OpenApiDocument } from '../openapi/document.ts';

/**
 * What is wrong with the description of an API, a line each: references that lead nowhere, operations without a name of
 * their own, a summary, a good answer or a problem, and answers without a body that their clients could read.
 */
export function apiFaults(document: OpenApiDocument): string[] {
  const operations = operationsOf(document);
  const ids = Map.groupBy(operations, ({ operation }) => operation.operationId);
  return [
    ...danglingReferences(document),
    ...operations.flatMap(({ method, path, operation }) => {
      const name = `${method} ${path}`;
      const { operationId, summary = '', responses, parameters = [] } = operation;
      const statuses = Object.keys(responses);
      return [
        ...(operationId !== undefined && ids.get(operationId)?.length === 1
          ? []
          : [`${name} has no operationId of its own`]),
        ...(summary === '' ? [`${name} has no summary`] : []),
        ...(statuses.some((status) => status.startsWith('2')) ? [] : [`${name} has no good answer`]),
        ...(hasProblem(responses) ? [] : [`${name} has no problem details`]),
        ...[...path.matchAll(/\{(\w+)\}/g)]
          .filter(([, parameter]) => !parameters.some((each) => 'name' in each && each.name === parameter))
          .map(([, parameter]) => `${name} does not describe its parameter ${parameter}`),
      ];
    }),
  ];
}

const hasProblem = (responses: object): boolean => JSON.stringify(responses).includes('application/problem+json');

function danglingReferences(document: OpenApiDocument): string[] {
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  return [...new Set([...references].map(([, reference = '']) => reference))]
    .filter((reference) => find(document, reference) === undefined)
    .map((reference) => `${reference} is referred to and not there`);
}

function find(document: OpenApiDocument, reference: string): unknown {
  const [start, ...steps] = reference.split('/');
  if (start !== '#') return undefined;
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
}
