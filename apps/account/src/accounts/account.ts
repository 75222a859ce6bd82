import { z } from 'zod';

const timestamp = (description: string) => z.iso.datetime().describe(`${description} ISO 8601, in UTC.`);

/** Where an account is in its life. */
export const accountStatus = z.enum(
  ['PENDING_VERIFICATION', 'ACTIVE', 'REJECTED', 'CLOSED'],
  'must be PENDING_VERIFICATION, ACTIVE, REJECTED or CLOSED',
);

/** An amount of money, without fractions. */
export const moneySchema = z
  .object({
    amount: z
      .int()
      .describe(
        'A whole number of the currency’s minor unit. How many digits of it are behind the point differs with the ' +
          'currency: 1250 is 12.50 EUR, 1250 JPY, and 1.250 KWD.',
      ),
    currency: z.string().describe('ISO 4217.'),
  })
  .meta({ id: 'Money', description: 'An amount of money, without fractions.' });

/** An account as the API shows it. */
export const accountSchema = z
  .object({
    id: z.uuid().describe('A UUID of version 7: ids sort by the time of their making.'),
    customerId: z.string(),
    currency: z.string().describe('ISO 4217; the account’s only currency.'),
    label: z.string().nullable().describe('What the owner calls it.'),
    balance: moneySchema,
    status: accountStatus.describe(
      'PENDING_VERIFICATION: nobody could say yet whether the customer exists; it becomes ACTIVE or REJECTED. ' +
        'REJECTED and CLOSED are for good.',
    ),
    version: z.int().min(1).describe('Counts the changes; the same number is in the ETag.'),
    verifiedAt: timestamp('When customer said that the customer exists; null while it has not.').nullable(),
    verifiedBy: z
      .enum(['CUSTOMER', 'LAST_GOOD'])
      .nullable()
      .describe('CUSTOMER: it was asked. LAST_GOOD: it could not be asked, and its last good answer was taken.'),
    createdAt: timestamp('When it was opened.'),
    updatedAt: timestamp('When it was changed last.'),
    statusUrl: z
      .string()
      .optional()
      .describe('Where to see what becomes of it; only while it is PENDING_VERIFICATION.'),
  })
  .meta({ id: 'Account', description: 'An account.' });

/** An account as the API shows it. */
export type Account = Readonly<z.output<typeof accountSchema>>;

/** Some of the accounts, the newest first. */
export const accountPageSchema = z
  .object({
    items: z.array(accountSchema),
    nextCursor: z.string().nullable().describe('What to ask for the next page with; null where this is the last.'),
  })
  .meta({ id: 'AccountPage', description: 'Some of the accounts, the newest first.' });

/** Some of the accounts, the newest first. */
export type AccountPage = Readonly<z.output<typeof accountPageSchema>>;

/** Something that happened to an account. */
export const accountEventSchema = z
  .object({
    fromStatus: accountStatus.nullable().describe('Null where the account was opened.'),
    toStatus: accountStatus,
    reason: z.string().describe('Why, in a sentence.'),
    happenedAt: timestamp('When.'),
  })
  .meta({ id: 'AccountEvent', description: 'Something that happened to an account.' });

/** Something that happened to an account. */
export type AccountEvent = Readonly<z.output<typeof accountEventSchema>>;

/** All that happened to an account, the opening first. */
export const accountHistorySchema = z.array(accountEventSchema);

/** Where an account is found. */
export const accountPath = (id: string): string => `/accounts/${id}`;
