import type { UnstorableTextError } from '../database/database-errors.ts';

/** The inputs of a request, as the framework has parsed them. */
export interface RequestInputs {
  readonly body?: unknown;
  readonly params?: unknown;
  readonly query?: unknown;
}

/** The parts of a request with the character that the database cannot store, as `errors` of a problem lists them. */
export function findUnstorableText({ character }: UnstorableTextError, inputs: RequestInputs): object[] {
  const detail = `has the character ${nameOf(character)}, which the database cannot store`;
  return [
    ...pathsTo(character, inputs.body).map((path) => ({ pointer: jsonPointer(path), detail })),
    ...[inputs.params, inputs.query]
      .flatMap((part) => pathsTo(character, part))
      .map((path) => ({ parameter: path.join('.'), detail })),
  ];
}

/** `U+65E5`, because the character itself may be invisible. */
const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** The members of a JSON value whose text, or whose name, has a character. */
function pathsTo(character: string, value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === 'string') return value.includes(character) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    name.includes(character) ? [[...path, name]] : pathsTo(character, member, [...path, name]),
  );
}

/**
 * A JSON pointer (RFC 6901) as a URI fragment, as in RFC 9457. A URI cannot contain a lone surrogate of a field's name; the replacement
 * character stands for it.
 */
export const jsonPointer = (path: readonly string[]): string =>
  [
    '#',
    ...path.map((part) => encodeURIComponent(part.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))),
  ].join('/');
