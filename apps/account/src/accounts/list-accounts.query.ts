import { z } from 'zod';
import { fromCursor } from './account-cursor.ts';
import { accountStatus } from './account.ts';
import { createAccountDto } from './create-account.dto.ts';

const limitRange = 'must be a whole number from 1 to 100';

/** Which accounts to list. */
export const listAccountsQuery = z.strictObject({
  customerId: createAccountDto.shape.customerId.optional().describe('Only those of this customer.'),
  status: accountStatus.optional().describe('Only those in this status.'),
  cursor: z
    .string('must be the nextCursor of an earlier page')
    .transform((cursor, context) => {
      const id = fromCursor(cursor);
      if (id !== undefined) return id;
      context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier page' });
      return z.NEVER;
    })
    .optional()
    .describe('Go on where an earlier page ended: its nextCursor.'),
  limit: z.coerce
    .number(limitRange)
    .int(limitRange)
    .min(1, limitRange)
    .max(100, limitRange)
    .default(20)
    .describe('How many accounts at most, from 1 to 100.'),
});

/** Which accounts to list; `cursor` is the id of the account that the earlier page ended with. */
export type ListAccountsQuery = z.output<typeof listAccountsQuery>;
