import { z } from 'zod';
import type { ProblemDetails } from '../problem-details/problem-details.ts';

const inputError = z.object({
  pointer: z.string().optional().describe('Where in the body: a JSON pointer such as #/label'),
  parameter: z.string().optional().describe('Which parameter of the path, the query or the headers'),
  detail: z.string(),
});

/** Problem details as clients get them, for the API's description. */
export const problemDetailsSchema = z
  .looseObject({
    type: z.string().describe('What kind of problem: a URI'),
    title: z.string().describe('The kind of problem in words, always the same for one type'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened this time'),
    instance: z.string().describe('The path that was asked for'),
    requestId: z.string().describe('For finding the request in the logs'),
    traceId: z.string().describe('For finding the request in the traces'),
    errors: z.array(inputError).optional().describe('What is wrong with the input, part by part'),
  })
  .meta({ id: 'ProblemDetails', description: 'An error, as RFC 9457 describes it' });

/** The compiler's proof that whatever is answered is what is described. */
type Described<Told extends z.input<typeof problemDetailsSchema>> = Told;
export type DescribedProblemDetails = Described<Mutable<ProblemDetails>>;

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
