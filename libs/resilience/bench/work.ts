import type { Operation } from './case.ts';

/** The work that is protected: as little as there can be, so that what is around it shows. */
export const succeed = async (): Promise<number> => 42;

/** One error for all failures: making one is not what is measured. */
const failure = new Error('the dependency failed');

/**
 * Work that fails nine times of ten. One call of ten keeps every library's breaker CLOSED at a threshold of 95 %, so that each
 * failure is judged in full.
 */
export function failNineOfTen(): () => Promise<number> {
  let calls = 0;
  return async () => {
    calls++;
    if (calls % 10 === 1) return 42;
    throw failure;
  };
}

export const failureThreshold = 95;

/** The same call, with its rejection dealt with. */
export function settled(call: Operation): Operation {
  return async () => {
    try {
      await call();
    } catch {
      // What came of it is not what is measured.
    }
  };
}
