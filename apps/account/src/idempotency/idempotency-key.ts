import { ProblemException } from '@breakwater/service-kit';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { accountKinds } from '../accounts/accounts.problems.ts';

/** The header with which a client marks repetitions of one request (draft-ietf-httpapi-idempotency-key-header). */
export const idempotencyKeyHeader = 'idempotency-key';

/** Marks the response of an earlier request with the same key. */
export const idempotencyReplayedHeader = 'idempotency-replayed';

const maxLength = 255;

/** A string of structured fields (RFC 9651), such as `"8e03"`; quotes and backslashes inside are escaped. */
const quoted = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/** The same without quotes, as many clients write it. A comma would separate two headers, a semicolon a parameter. */
const bare = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** Describes the header in the API description; `parseIdempotencyKey` reads it. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(maxLength + 2)
  .meta({ examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] });

/**
 * Reads the key: 1 to 255 visible ASCII characters, with or without quotes. `"8e03"` and `8e03` are the same key.
 *
 * @param header undefined when the client sent none
 * @throws ProblemException 400 when the header is not one valid key
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const key = quoted.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? bare.exec(text)?.[0] ?? '';
  if (key.length >= 1 && key.length <= maxLength) return key;

  throw new ProblemException({
    ...accountKinds['invalid-idempotency-key'],
    detail:
      'The header Idempotency-Key must be one key of 1 to 255 visible ASCII characters, such as ' +
      '"8e03978e-40d5-43dd-bc93-6894a57f9324". Nothing has been done.',
  });
}

/** The parts of a request that make it the same as another one. */
export interface FingerprintedRequest {
  readonly method: string;
  /** The route's template, such as `/accounts`. */
  readonly route: string;
  readonly body: unknown;
}

/** SHA-256, as 64 hexadecimal digits: requests with the same key must have the same fingerprint. */
export function fingerprintOf({ method, route, body }: FingerprintedRequest): string {
  return createHash('sha256')
    .update(`${method} ${route}\n${canonicalJson(body)}`)
    .digest('hex');
}

/**
 * JSON that is the same text for the same value: members sorted by name, no white space, undefined members left out.
 *
 * @param value any JSON value
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? sorted(part) : part));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  const members = Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members);
}
