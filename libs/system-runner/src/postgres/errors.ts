/** The database server that was asked for cannot be had. The message is one line: what is wrong and what to do. */
export class DatabaseServerError extends Error {
  override readonly name = 'DatabaseServerError';
}

/** The first line of whatever was thrown, for use inside a one-line message. */
export function reasonOf(error: unknown): string {
  // A refused connection to a name with several addresses is an AggregateError without a message of its own.
  const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return message.split('\n', 1)[0] ?? message;
}
