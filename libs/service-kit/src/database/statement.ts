import { createHash } from 'node:crypto';
import type { Encoded } from './batch.ts';

/** What a parameter of a statement can be. A Date is sent in UTC. */
export type Value = string | number | bigint | boolean | Date | null | readonly (string | null)[];

/** A part of statements. */
export interface Fragment<Parameters> {
  readonly parts: readonly string[];
  /** What stands after each part but the last: the name of a parameter, or a fragment. */
  readonly inserted: readonly Inserted<Parameters>[];
}

type Inserted<Parameters> = (keyof Parameters & string) | Fragment<Parameters>;

/** A statement as data: it is built once, and executed with different parameters. */
export interface Statement<Parameters, Row> {
  /** Of the prepared statement. Its end is a hash of the text: it never means another statement, also in a shared session. */
  readonly name: string;
  readonly text: string;
  /** The names of the parameters, in the order of their numbers in the text. */
  readonly parameters: readonly (keyof Parameters & string)[];
  /** Only for the compiler. */
  readonly rows?: Row[];
}

/** Writes a part of statements, in which `${'name'}` stands for a parameter. */
export const fragment =
  <Parameters = object>() =>
  (parts: TemplateStringsArray, ...inserted: Inserted<Parameters>[]): Fragment<Parameters> => ({ parts, inserted });

/**
 * Writes a statement, in which `${'name'}` stands for a parameter. Names without a schema are those of the service.
 *
 * Columns are listed one by one: PostgreSQL refuses a prepared `select *` once a migration has added a column.
 *
 * @example
 * const findBerth = statement<{ id: number }, { length: number }>('find-berth')`
 *   select length from berths where id = ${'id'}`;
 */
export const statement =
  <Parameters = object, Row = never>(name: string) =>
  (parts: TemplateStringsArray, ...inserted: Inserted<Parameters>[]): Statement<Parameters, Row> => {
    const parameters: (keyof Parameters & string)[] = [];
    const write = (part: Fragment<Parameters>): string =>
      part.parts.reduce((text, next, n) => `${text}${insert(part.inserted[n - 1]!)}${next}`);
    const insert = (what: Inserted<Parameters>): string => {
      if (typeof what !== 'string') return write(what);
      if (!parameters.includes(what)) parameters.push(what);
      return `$${parameters.indexOf(what) + 1}`;
    };
    const text = write({ parts, inserted });
    return { name: `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`, text, parameters };
  };

/** A value as PostgreSQL reads it. */
export function encode(value: unknown): Encoded {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `{${value.map((element) => encodeElement(element)).join(',')}}`;
  // eslint-disable-next-line typescript/no-base-to-string -- objects are JSON
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function encodeElement(element: unknown): string {
  if (Array.isArray(element)) return String(encode(element));
  const text = encode(element);
  return text === null ? 'NULL' : `"${String(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
