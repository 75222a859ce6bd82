import fc from 'fast-check';
import { jsonOf, type JsonSchema, type KnownValues } from './json-of-schema.ts';
import { oddJson, oddText } from './odd-values.ts';
import type { RawRequest } from './raw-request.ts';

/** A body with its headers. */
export type Body = Pick<RawRequest, 'headers' | 'body' | 'encoding'>;

const json = 'application/json';
const asJson = (value: unknown): Body => ({ headers: { 'content-type': json }, body: JSON.stringify(value) });

/** Bodies that match the schema. */
export const validBody = (schema: JsonSchema, known: KnownValues): fc.Arbitrary<Body> =>
  jsonOf(schema, known).map(asJson);

/** Bodies that do not match the schema, some of them almost. */
export function oddBody(schema: JsonSchema, known: KnownValues): fc.Arbitrary<Body> {
  const valid = jsonOf(schema, known);
  const validText = valid.map((value) => JSON.stringify(value));
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(valid, fc.nat(), oddJson).map(([value, at, odd]) => asJson(replaced(value, at, odd))),
    },
    { weight: 2, arbitrary: fc.tuple(valid, fc.nat()).map(([value, at]) => asJson(without(value, at))) },
    {
      weight: 2,
      arbitrary: fc.tuple(validText, oddText, oddJson).map(([text, name, odd]) => withMember(text, name, odd)),
    },
    { weight: 2, arbitrary: oddJson.map(asJson) },
    {
      weight: 2,
      arbitrary: fc.tuple(validText, fc.nat()).map(([text, at]) => ofText(text.slice(0, at % text.length))),
    },
    { weight: 1, arbitrary: validText.map((text) => ofText(`[${text}]`)) },
    { weight: 2, arbitrary: fc.constantFrom(...malformedTexts).map(ofText) },
    // Invalid UTF-8.
    {
      weight: 1,
      arbitrary: validText.map((text) => ({
        ...ofText(text.replace(/:"/, ':"\u00ff\u00c0')),
        encoding: 'latin1' as const,
      })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(validText, fc.constantFrom(...mediaTypes)).map(([body, type]) => ({
        headers: type === undefined ? {} : { 'content-type': type },
        body,
      })),
    },
    { weight: 1, arbitrary: fc.constantFrom<Body>({ headers: {} }, { headers: { 'content-type': json } }) },
  );
}

const ofText = (body: string): Body => ({ headers: { 'content-type': json }, body });

const malformedTexts = [
  '',
  ' ',
  '\ufeff{}',
  '{"a":1e400}',
  '{"a":NaN}',
  '{"a":-}',
  "{'a':1}",
  '{"a":1,}',
  '{"a":1}{"b":2}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '"\\ud800"',
  '['.repeat(30_000),
  '{"a":'.repeat(10_000),
  `{"label":"${'x'.repeat(70_000)}"}`,
];

const mediaTypes = [
  undefined,
  '',
  ';',
  '/',
  'application/json; charset=utf-16',
  'application/json;;;',
  'application/problem+json',
  'application/merge-patch+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'APPLICATION/JSON',
  'not a type',
];

/** The value with another one in place of it or of one of its members. */
function replaced(value: unknown, at: number, odd: unknown): unknown {
  if (typeof value !== 'object' || value === null) return odd;
  const entries = Object.entries(value);
  const index = at % (entries.length + 1);
  if (index === entries.length) return odd;
  const [name = '', present] = entries[index] ?? [];
  const inside = typeof present === 'object' && present !== null && at % 2 === 0;
  const next = inside ? replaced(present, Math.trunc(at / 7), odd) : odd;
  return Array.isArray(value) ? value.with(index, next) : { ...value, [name]: next };
}

function without(value: unknown, at: number): unknown {
  const entries = Object.entries(value ?? {});
  return Object.fromEntries(entries.toSpliced(at % Math.max(1, entries.length), 1));
}

/** As text, so that `__proto__` is an ordinary member and names can repeat. */
function withMember(text: string, name: string, odd: unknown): Body {
  const member = `${JSON.stringify(name)}:${JSON.stringify(odd)}`;
  return ofText(text === '{}' ? `{${member}}` : text.replace(/\}$/, () => `,${member}}`));
}
