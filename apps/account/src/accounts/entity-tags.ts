/** The entity tags of an `If-Match` or `If-None-Match` (RFC 9110): those listed, or `*` for whatever there is. */
export type EntityTags = '*' | readonly EntityTag[];

/** An entity tag: `"3"`, or the weak `W/"3"`. */
export interface EntityTag {
  /** What is between the quotes. */
  readonly opaque: string;
  readonly weak: boolean;
}

const tag = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const list = new RegExp(String.raw`^${tag}(?:[ \t]*,[ \t]*${tag})*$`);
const eachTag = /(W\/)?"([^"]*)"/g;

/** The strong entity tag of a version. */
export const entityTagOf = (version: number): string => `"${version}"`;

/** @returns no tags where the header is malformed: nothing matches what nobody can read */
export function parseEntityTags(header: string): EntityTags {
  const text = header.trim();
  if (text === '*') return '*';
  if (!list.test(text)) return [];
  return Array.from(text.matchAll(eachTag), ([, weak, opaque = '']) => ({ opaque, weak: weak !== undefined }));
}

/** Whether a version is among the tags, weak ones not counting: for changing only what was seen. */
export function matchesStrongly(tags: EntityTags, version: number): boolean {
  return tags === '*' || tags.some(({ opaque, weak }) => !weak && opaque === String(version));
}

/** Whether a version is among the tags, weak or not: for not sending what is known already. */
export function matchesWeakly(tags: EntityTags, version: number): boolean {
  return tags === '*' || tags.some(({ opaque }) => opaque === String(version));
}
