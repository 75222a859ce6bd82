import type { HeaderObject, ReferenceObject } from './document.ts';

/** The headers that answers have, by the name that clients know. */
export const describedHeaders = {
  'X-Request-Id': text('The id of the request, for finding it in the logs: the one that it came with, or a new one'),
  'X-Instance': text('Which replica answered'),
  Location: text('Where the resource is'),
  Link: text('Where the next page is (rel="next"); there is none on the last'),
  ETag: text('The version of the resource, for If-Match'),
  'Retry-After': seconds('In how many seconds another try may be worth it'),
  'RateLimit-Limit': count('How many requests a client may make in a second'),
  'RateLimit-Remaining': count('How many of them are left'),
  'RateLimit-Reset': seconds('In how many seconds they are all there again'),
  'WWW-Authenticate': text('How to authenticate'),
  'Idempotency-Replayed': text('true where the answer is that of an earlier request with the same Idempotency-Key'),
} as const satisfies Record<string, HeaderObject>;

export type DescribedHeader = keyof typeof describedHeaders;

/** What an answer's `headers` say. */
export const headerReferences = (names: readonly DescribedHeader[]): Record<string, ReferenceObject> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

function text(description: string): HeaderObject {
  return { description, schema: { type: 'string' } };
}

function count(description: string): HeaderObject {
  return { description, schema: { type: 'integer', minimum: 0 } };
}

function seconds(description: string): HeaderObject {
  return { description, schema: { type: 'integer', minimum: 0 } };
}
