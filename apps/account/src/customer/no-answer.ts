import { RejectedError, TimeoutExceededError, type ErrorClass } from '@breakwater/resilience';
import type { ResilienceModuleOptions } from '@breakwater/resilience/nest';
import { CustomerUnavailableError } from './customer-unavailable.error.ts';

/**
 * How a question to customer ends without an answer: customer failed, took too long, or a policy didn't let us ask.
 * Every other error is a mistake of ours, which nothing should stand in for.
 */
const noAnswer: readonly ErrorClass[] = [CustomerUnavailableError, TimeoutExceededError, RejectedError];

export const isNoAnswer = (error: unknown): error is Error => noAnswer.some((kind) => error instanceof kind);

/** What `resilience.yml` leaves to code: the class that it names, and what the last good answer may stand in for. */
export const customerPolicies: Pick<ResilienceModuleOptions, 'errorTypes' | 'cachedFallback'> = {
  errorTypes: { CustomerUnavailableError },
  cachedFallback: { instances: { customer: { on: isNoAnswer } } },
};
