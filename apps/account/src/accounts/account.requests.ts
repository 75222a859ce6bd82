import { z } from 'zod';
import { accountStatus } from './account.ts';

/** The codes of ISO 4217 that this runtime knows, historic ones included. */
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** The body of a request to open an account. */
export const createAccountDto = z.strictObject({
  customerId: z
    .string('must be the id of a customer, such as c-1001')
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the id of a customer, such as c-1001')
    .describe('The owner of the account.'),
  currency: z
    .string('must be a currency code of ISO 4217, such as EUR')
    .refine((code) => currencies.has(code), 'must be a currency code of ISO 4217, such as EUR')
    .describe('ISO 4217, such as EUR.'),
  label: z
    .string('must be a text')
    .min(1, 'must have at least 1 character')
    .max(100, 'must have at most 100 characters')
    // PostgreSQL cannot store NUL, and would store half a surrogate pair (Cs) as another character. Separators (Zl, Zp) break lines, and
    // embeddings, overrides and isolates change the order of what a page shows after the label.
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u,
      'must have no control characters, line separators, bidirectional overrides or halves of surrogate pairs',
    )
    .optional()
    .describe('A name that the owner chooses.'),
});

export type CreateAccountDto = z.output<typeof createAccountDto>;

/** The body of a request to change an account: it can be closed. */
export const closeAccountDto = z.strictObject({
  status: z.literal('CLOSED', 'must be CLOSED').describe('CLOSED closes the account; this is final.'),
});

/** The number of digits only: `Number` also reads `0x10`, `1e1` and `5.`. */
const toNumber = (text: unknown): unknown => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text);

const limitRange = 'must be a whole number from 1 to 100';

/** The query of a request to list accounts. */
export const listAccountsQuery = z.strictObject({
  customerId: createAccountDto.shape.customerId.optional().describe('Only accounts of this customer.'),
  status: accountStatus.optional().describe('Only accounts in this status.'),
  cursor: z
    .string('must be the nextCursor of an earlier page')
    .transform((cursor, context) => {
      const id = fromCursor(cursor);
      if (id !== undefined) return id;
      context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier page' });
      return z.NEVER;
    })
    .optional()
    .describe('Where to continue: the nextCursor of an earlier page.'),
  limit: z
    .preprocess(toNumber, z.number(limitRange).int(limitRange).min(1, limitRange).max(100, limitRange))
    .default(20)
    .describe('The most accounts on the page, from 1 to 100.'),
});

/** Which accounts to list; `cursor` is the id of the last account of the earlier page. */
export type ListAccountsQuery = z.output<typeof listAccountsQuery>;

const uuid = z.uuid();

/** The end of a page as opaque text: the id of its last account. */
export function toCursor(lastId: string): string {
  return Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** @returns the id of the last account of the page, or undefined when the text is not a cursor */
export function fromCursor(cursor: string): string | undefined {
  const digits = Buffer.from(cursor, 'base64url').toString('hex');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  // Decoding ignores characters that are not base64url: a text that is not encoded back to itself is not a cursor.
  return uuid.safeParse(id).success && toCursor(id) === cursor ? id : undefined;
}
