import { DatabaseError } from 'pg';

/** The database could not be reached, failed during the statement or did not respond in time. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(cause: unknown) {
    const reason = cause instanceof AggregateError ? cause.errors[0] : cause;
    super(`The database is unavailable: ${reason instanceof Error ? reason.message : String(reason)}`, { cause });
  }
}

/** The server rolled a transaction back because of another one, and repetitions did not help. Nothing has been changed. */
export class TransactionConflictError extends Error {
  override readonly name = 'TransactionConflictError';
  /** Such as 40001. */
  readonly sqlState: string | undefined;

  constructor(cause: DatabaseError) {
    super(`The transaction conflicts with another one: ${cause.message}`, { cause });
    this.sqlState = cause.code;
  }

  /** Whether it waited for a lock for too long. */
  get isLockTimeout(): boolean {
    return this.sqlState === '55P03';
  }
}

/** Another transaction held a lock for longer than a statement may wait for it. Nothing has been changed. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';

  constructor(cause: TransactionConflictError) {
    super(cause.message, { cause });
  }
}

/** SQLSTATE 57014: a statement took too long, or was cancelled by an administrator. */
export const isStatementTimeout = (error: unknown): boolean =>
  error instanceof DatabaseUnavailableError && error.cause instanceof DatabaseError && error.cause.code === '57014';

/** A text has a character that the database cannot store. Nothing has been changed. */
export class UnstorableTextError extends Error {
  override readonly name = 'UnstorableTextError';
  /** The character. PostgreSQL does not name NUL. */
  readonly character: string;

  constructor(cause: DatabaseError) {
    super(`The database cannot store a character: ${cause.message}`, { cause });
    this.character = characterIn(cause.message);
  }
}

/** PostgreSQL names a character by its bytes in UTF-8, such as `0xe6 0x97 0xa5`. */
function characterIn(message: string): string {
  const bytes = Array.from(message.matchAll(/\b0x([0-9a-f]{2})\b/gi), ([, digits = '']) => Number.parseInt(digits, 16));
  return bytes.length === 0 ? '\0' : Buffer.from(bytes).toString('utf8');
}
