/** The database could not be reached, went away during the work or did not answer in time. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(cause: unknown) {
    const reason = cause instanceof AggregateError ? cause.errors[0] : cause;
    super(`The database is unavailable: ${reason instanceof Error ? reason.message : String(reason)}`, { cause });
  }
}
