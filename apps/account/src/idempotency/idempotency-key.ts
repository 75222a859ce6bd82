import { ProblemException } from '@breakwater/service-kit';
import { z } from 'zod';
import { accountKinds } from '../problems/account-problems.ts';

/** The header by which a client marks the repetitions of one request (draft-ietf-httpapi-idempotency-key-header). */
export const idempotencyKeyHeader = 'idempotency-key';

/** Says that an answer is that of an earlier request with the same key. */
export const idempotencyReplayedHeader = 'idempotency-replayed';

const longestKey = 255;

/** A string of structured fields (RFC 9651), such as `"8e03"`: quotes and backslashes in it are escaped. */
const quoted = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/** What clients write who leave the quotes out. A comma would be two headers, a semicolon the parameter of one. */
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** What a key is, for the API's description: the header is read by `parseIdempotencyKey`. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(longestKey + 2)
  .meta({ examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] });

/**
 * Reads the key from its header: 1 to 255 visible ASCII characters, in quotes or without. `"8e03"` and `8e03` are the
 * same key.
 *
 * @param header undefined where the client sent none
 * @throws ProblemException 400 when the header is no such key
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const key = quoted.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? bare.exec(text)?.[0] ?? '';
  if (key.length >= 1 && key.length <= longestKey) return key;

  throw new ProblemException({
    ...accountKinds['invalid-idempotency-key'],
    detail:
      'The header Idempotency-Key must be one key of 1 to 255 visible ASCII characters, such as ' +
      '"8e03978e-40d5-43dd-bc93-6894a57f9324"; nothing has been done.',
  });
}
