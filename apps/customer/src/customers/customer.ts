import { z } from 'zod';

/** What the id of a customer looks like. */
export const customerId = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits or dashes, such as c-1001');

/** A customer as the API shows it. */
export const customerSchema = z
  .object({
    id: customerId,
    name: z.string(),
    email: z.email(),
    status: z.enum(['ACTIVE', 'CLOSED']),
    createdAt: z.iso.datetime(),
  })
  .readonly()
  .meta({ id: 'Customer' });

export type Customer = z.output<typeof customerSchema>;
