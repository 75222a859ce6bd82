import { z } from 'zod';

const timestamp = (description: string) => z.iso.datetime().describe(`${description} ISO 8601, in UTC.`);

/** The status of an account. */
export const accountStatus = z.enum(
  ['PENDING_VERIFICATION', 'ACTIVE', 'REJECTED', 'CLOSED'],
  'must be PENDING_VERIFICATION, ACTIVE, REJECTED or CLOSED',
);

/** A whole number of 64 bits. Only one that a number would round is a bigint. */
const int64: z.ZodType<number | bigint> = z
  .any()
  .refine((value) => typeof value === 'bigint' || Number.isSafeInteger(value), 'must be a whole number')
  .meta({
    type: 'integer',
    format: 'int64',
    description:
      'A whole number of the currency’s minor unit. The number of decimals depends on the currency: 1250 is 12.50 EUR, ' +
      '1250 JPY, and 1.250 KWD. Exact to the last digit, also beyond 2^53, where a parser that reads doubles rounds it.',
  });

/** An amount of money, without fractions. */
const moneySchema = z
  .object({
    amount: int64,
    currency: z.string().describe('ISO 4217.'),
  })
  .meta({ id: 'Money', description: 'An amount of money, without fractions.' });

/** An account as the API shows it. */
export const accountSchema = z
  .object({
    id: z.uuid().describe('A UUID of version 7: ids sort by creation time.'),
    customerId: z.string(),
    currency: z.string().describe('ISO 4217; the only currency of the account.'),
    label: z.string().nullable().describe('A name that the owner chose.'),
    balance: moneySchema,
    status: accountStatus.describe(
      'PENDING_VERIFICATION: the customer could not be verified yet; the account becomes ACTIVE or REJECTED. ' +
        'REJECTED and CLOSED are final.',
    ),
    version: z.int().min(1).describe('Counts the changes; the ETag has the same number.'),
    verifiedAt: timestamp('When the customer service confirmed the customer; null while it has not.').nullable(),
    verifiedBy: z
      .enum(['CUSTOMER', 'LAST_GOOD'])
      .nullable()
      .describe(
        'CUSTOMER: the customer service responded. LAST_GOOD: it was unavailable, and its last response was used.',
      ),
    createdAt: timestamp('When the account was opened.'),
    updatedAt: timestamp('When the account was last changed.'),
    statusUrl: z
      .string()
      .optional()
      .describe('Where to see whether the account becomes ACTIVE; only while it is PENDING_VERIFICATION.'),
  })
  .meta({ id: 'Account', description: 'An account.' });

/** An account as the API shows it. */
export type Account = Readonly<z.output<typeof accountSchema>>;

/** A page of accounts, the newest first. */
export const accountPageSchema = z
  .object({
    items: z.array(accountSchema),
    nextCursor: z.string().nullable().describe('The cursor of the next page; null on the last page.'),
  })
  .meta({ id: 'AccountPage', description: 'A page of accounts, the newest first.' });

/** A page of accounts, the newest first. */
export type AccountPage = Readonly<z.output<typeof accountPageSchema>>;

/** A change of an account's status. */
const accountEventSchema = z
  .object({
    fromStatus: accountStatus.nullable().describe('Null for the opening.'),
    toStatus: accountStatus,
    reason: z.string().describe('The reason, in a sentence.'),
    happenedAt: timestamp('When the status changed.'),
  })
  .meta({ id: 'AccountEvent', description: 'A change of an account’s status.' });

/** A change of an account's status. */
export type AccountEvent = Readonly<z.output<typeof accountEventSchema>>;

/** The history of an account, the opening first. */
export const accountHistorySchema = z.array(accountEventSchema);

/** The path of an account. */
export const accountPath = (id: string): string => `/accounts/${id}`;
