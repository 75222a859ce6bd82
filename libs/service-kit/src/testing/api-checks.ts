import { readFileSync } from 'node:fs';
import { operationsOf, type OpenApiDocument } from '../openapi/document.ts';
import { problemKinds, type ProblemKind } from '../problem-details/problem-details.ts';

/**
 * Checks the description of an API. Returns a line for each reference that cannot be resolved, and for each operation without a
 * unique name, a summary, a successful response, problem details or the description of a path parameter.
 */
export function apiIssues(document: OpenApiDocument): string[] {
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
          : [`${name} has no unique operationId`]),
        ...(summary === '' ? [`${name} has no summary`] : []),
        ...(statuses.some((status) => status.startsWith('2')) ? [] : [`${name} has no successful response`]),
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
    .map((reference) => `${reference} cannot be resolved`);
}

function find(document: OpenApiDocument, reference: string): unknown {
  const [start, ...steps] = reference.split('/');
  if (start !== '#') return undefined;
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
}

const page = new URL('../../../../docs/problems.md', import.meta.url);

/** The kinds of problems that `docs/problems.md` lists under a heading, by name; none without the heading. */
export function documentedProblems(heading: string): Readonly<Record<string, ProblemKind>> {
  const section =
    readFileSync(page, 'utf8')
      .split(/^## /m)
      .find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return problemKinds(
    Object.fromEntries(
      rows.map(([, name = '', status = '', title = '']) => [
        name.replaceAll('`', ''),
        { status: Number(status), title },
      ]),
    ),
  );
}
