import { z } from 'zod';

/** The codes of ISO 4217 that this runtime knows, past ones included. */
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** What it takes to open an account. */
export const createAccountDto = z.strictObject({
  customerId: z
    .string('must be the id of a customer, such as c-1001')
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the id of a customer, such as c-1001')
    .describe('Whose account it is to be.'),
  currency: z
    .string('must be a currency code of ISO 4217, such as EUR')
    .refine((code) => currencies.has(code), 'must be a currency code of ISO 4217, such as EUR')
    .describe('ISO 4217, such as EUR.'),
  label: z
    .string('must be a text')
    .min(1, 'must have at least 1 character')
    .max(100, 'must have at most 100 characters')
    // PostgreSQL stores no NUL, and no name needs the others; half a surrogate pair (Cs) would be stored as something else.
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must have no control characters and no halves of surrogate pairs')
    .optional()
    .describe('What the owner calls it.'),
});

export type CreateAccountDto = z.output<typeof createAccountDto>;
