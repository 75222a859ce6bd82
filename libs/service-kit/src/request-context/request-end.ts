import type { IncomingMessage } from 'node:http';

/** The header in which a caller says how long it waits for the answer: whole milliseconds, at most ten digits. */
export const requestTimeoutHeader = 'x-request-timeout-ms';

/** What the way here and back takes of that time, between neighbours. */
const networkMs = 5;

const acceptable = /^\d{1,10}$/;

/**
 * When the caller stops waiting for the answer, in milliseconds of `performance.now()`; undefined where it doesn't say, or
 * says what is no time.
 */
export function endOf(request: Pick<IncomingMessage, 'headers'>): number | undefined {
  const given = request.headers[requestTimeoutHeader];
  if (typeof given !== 'string' || !acceptable.test(given)) return undefined;
  return performance.now() + Math.max(0, Number(given) - networkMs);
}

/** The caller has stopped waiting: whatever is still done for it is done for nobody. */
export class DeadlinePassedError extends Error {
  override readonly name = 'DeadlinePassedError';

  constructor() {
    super(`The time that ${requestTimeoutHeader} gave is over.`);
  }
}
