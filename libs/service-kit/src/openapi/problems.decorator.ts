import { ApiExtension } from '@nestjs/swagger';
import type { ProblemKind } from '../problem-details/problem-kinds.ts';

/** Under which a route's problems wait until its description is finished; it isn't in what is served. */
export const problemsExtension = 'x-problems';

/**
 * Says which problems a route answers with beside those that any route can have (`describe-problems.ts`).
 *
 * @example
 * \@Problems(unknownCustomer, idempotencyKeyReused)
 */
export const Problems = (...kinds: readonly ProblemKind[]): MethodDecorator => ApiExtension(problemsExtension, kinds);
