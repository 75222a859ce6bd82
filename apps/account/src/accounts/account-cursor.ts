import { z } from 'zod';

const uuid = z.uuid();

/** Where a page ended, as text whose form is nobody's business: the id of its last account. */
export function toCursor(lastId: string): string {
  return Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** @returns the id of the account that the page ended with, or undefined where the text is no cursor */
export function fromCursor(cursor: string): string | undefined {
  const digits = Buffer.from(cursor, 'base64url').toString('hex');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  // Decoding passes over what is no base64url; what encodes to another text was not ours.
  return uuid.safeParse(id).success && toCursor(id) === cursor ? id : undefined;
}
