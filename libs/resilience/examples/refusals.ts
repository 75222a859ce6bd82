import { CallNotPermittedError, CircuitBreaker, RejectedError } from '@breakwater/resilience';

const ledger = new CircuitBreaker('ledger', { slidingWindowSize: 10 });

export async function balance(read: () => Promise<number>): Promise<number | undefined> {
  try {
    return await ledger.execute(read);
  } catch (error) {
    if (error instanceof CallNotPermittedError) return undefined; // OPEN: the ledger was not asked
    if (error instanceof RejectedError) throw new Error('Too busy to ask', { cause: error }); // a bulkhead's, say
    throw error; // the ledger was asked, and failed
  }
}
