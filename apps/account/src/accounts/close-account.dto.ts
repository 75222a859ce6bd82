import { z } from 'zod';

/** How an account can be changed: it can be closed. */
export const closeAccountDto = z.strictObject({
  status: z.literal('CLOSED', 'must be CLOSED').describe('CLOSED closes the account for good.'),
});
