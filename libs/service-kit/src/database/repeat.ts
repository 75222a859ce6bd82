import { currentCallContext } from '@breakwater/resilience/nest';
import { setTimeout as wait } from 'node:timers/promises';
import { TransactionConflictError } from './database-errors.ts';

/** The most attempts of a transaction. */
const maxAttempts = 3;
/**
 * The longest wait before the second attempt, and by which factor it grows. The wait is random, so that two transactions that
 * failed at the same time do not meet again: it is longer than a transaction takes, also on a busy machine.
 */
const firstWaitMs = 50;
const waitFactor = 4;

/**
 * Runs a transaction up to three times, as long as it conflicts with others and the deadline of the request has not passed.
 *
 * @param transaction changes nothing but the database, so that it may be repeated once it has been rolled back
 * @throws TransactionConflictError of the last attempt
 */
export async function repeatOnConflict<T>(transaction: () => Promise<T>): Promise<T> {
  const { deadline } = currentCallContext();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (!(error instanceof TransactionConflictError) || attempt === maxAttempts) throw error;
      const waitMs = Math.random() * firstWaitMs * waitFactor ** (attempt - 1);
      if (deadline !== undefined && deadline.remainingRealMs <= waitMs) throw error;
      await wait(waitMs);
    }
  }
}
