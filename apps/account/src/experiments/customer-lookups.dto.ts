import { z } from 'zod';

/** How often to look up which customer through which circuit breaker. */
export const customerLookupsDto = z.strictObject({
  times: z.int('must be a whole number from 1 to 100').min(1, 'must be at least 1').max(100, 'must be at most 100'),
  breaker: z.string('must be the name of a circuit breaker').min(1).max(100),
  customerId: z
    .string('must be the id of a customer, such as c-1001')
    .regex(/^[a-z0-9-]{1,64}$/, 'must be the id of a customer, such as c-1001')
    .default('c-1001'),
  reset: z
    .boolean('must be true or false')
    .default(false)
    .describe('Whether the circuit breaker begins anew: CLOSED, with nothing counted.'),
});

export type CustomerLookupsDto = z.output<typeof customerLookupsDto>;
