import { ProblemException, serviceKitKinds } from '@breakwater/service-kit';
import type { Account } from './account.ts';
import { accountKinds } from './accounts.problems.ts';

/** The entity tags of an `If-Match` or `If-None-Match` (RFC 9110): a list, or `*` for any version. */
export type EntityTags = '*' | readonly EntityTag[];

/** An entity tag: `"3"`, or the weak `W/"3"`. */
export interface EntityTag {
  /** The text between the quotes. */
  readonly opaque: string;
  readonly weak: boolean;
}

const tag = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const list = new RegExp(String.raw`^${tag}(?:[ \t]*,[ \t]*${tag})*$`);
const eachTag = /(W\/)?"([^"]*)"/g;

/** The strong entity tag of a version. */
export const entityTagOf = (version: number): string => `"${version}"`;

/** @returns no tags when the header is malformed, so that nothing matches */
export function parseEntityTags(header: string): EntityTags {
  const text = header.trim();
  if (text === '*') return '*';
  if (!list.test(text)) return [];
  return Array.from(text.matchAll(eachTag), ([, weak, opaque = '']) => ({ opaque, weak: weak !== undefined }));
}

/** Whether a version is among the tags, ignoring weak ones: for changing only the version that the client has seen. */
export function matchesStrongly(tags: EntityTags, version: number): boolean {
  return tags === '*' || strongTags(tags).includes(String(version));
}

/** Whether a version is among the tags, weak or strong: for sending only what the client does not have. */
export function matchesWeakly(tags: EntityTags, version: number): boolean {
  return tags === '*' || tags.some(({ opaque }) => opaque === String(version));
}

/** The versions that a list of tags names strongly. */
export function strongTags(tags: readonly EntityTag[]): string[] {
  return tags.filter(({ weak }) => !weak).map(({ opaque }) => opaque);
}

/** 428: the request does not name the version that it is about. */
export const preconditionRequired = (): ProblemException =>
  new ProblemException({
    ...accountKinds['precondition-required'],
    detail: 'A change needs the header If-Match with the ETag of the account as it was last read, such as "1".',
  });

/** Whether an account is one that a client means and may close. */
export function isClosable({ version, status }: Account, ifMatch: EntityTags): boolean {
  return status === 'ACTIVE' && matchesStrongly(ifMatch, version);
}

/** Why an account was not closed: 412 for another version than the client has seen, 409 for a status other than ACTIVE. */
export function notClosed({ id, version, status }: Account, ifMatch: EntityTags): ProblemException {
  const etag = entityTagOf(version);
  if (matchesStrongly(ifMatch, version)) {
    return new ProblemException({
      ...accountKinds['account-not-active'],
      detail: `Only an ACTIVE account can be closed; the account ${id} is ${status}.`,
      extensions: { accountStatus: status },
      headers: { etag },
    });
  }
  return preconditionFailed(id, version);
}

/** 412: the account has another version than `If-Match` names. */
export function preconditionFailed(id: string, version: number): ProblemException {
  const etag = entityTagOf(version);
  return new ProblemException({
    ...serviceKitKinds['precondition-failed'],
    detail: `The account ${id} has the ETag ${etag} now, which is not in If-Match. Nothing has been changed.`,
    headers: { etag },
  });
}
