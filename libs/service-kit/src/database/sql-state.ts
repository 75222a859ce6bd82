/** How a service treats an error that the server reports. */
export type Treatment =
  /** The server cannot serve at the moment: 503, and the connection is closed. */
  | 'unavailable'
  /** The server does not accept changes, as a standby: 503, and all connections are replaced. */
  | 'read-only'
  /** The server rolled the transaction back, and it may be repeated: a bounded number of times, then 503. */
  | 'conflict'
  /** The server ended the connection with its transaction: as a conflict, on another connection. */
  | 'conflict-and-disconnect'
  /** The server does not know a prepared statement, as behind a pooler that mixes up its clients' sessions: as a conflict. */
  | 'unprepared'
  /** The database cannot store a character of the request: 422. */
  | 'unstorable-text'
  /** A mistake of the service, which is passed on: 500. */
  | 'mistake';

/** Some SQLSTATE codes and their treatment. */
export interface SqlStateRule {
  /** A whole code, or the beginning of several. */
  readonly prefix: string;
  /** PostgreSQL's name of the error or of its class. */
  readonly name: string;
  readonly treatment: Exclude<Treatment, 'mistake'>;
}

/** The rules of every SQLSTATE that is not the service's mistake. `docs/problems.md` shows them; a test compares the two. */
export const sqlStateRules: readonly SqlStateRule[] = [
  { prefix: '08', name: 'connection exception', treatment: 'unavailable' },
  { prefix: '22021', name: 'character not in repertoire', treatment: 'unstorable-text' },
  { prefix: '22P05', name: 'untranslatable character', treatment: 'unstorable-text' },
  { prefix: '25006', name: 'read only sql transaction', treatment: 'read-only' },
  { prefix: '25P03', name: 'idle in transaction session timeout', treatment: 'conflict-and-disconnect' },
  { prefix: '25P04', name: 'transaction timeout', treatment: 'unavailable' },
  { prefix: '26000', name: 'invalid sql statement name', treatment: 'unprepared' },
  { prefix: '40001', name: 'serialization failure', treatment: 'conflict' },
  { prefix: '40P01', name: 'deadlock detected', treatment: 'conflict' },
  { prefix: '42P05', name: 'duplicate prepared statement', treatment: 'unprepared' },
  { prefix: '53', name: 'insufficient resources', treatment: 'unavailable' },
  { prefix: '55P03', name: 'lock not available', treatment: 'conflict' },
  { prefix: '57014', name: 'query canceled', treatment: 'unavailable' },
  { prefix: '57P', name: 'operator intervention', treatment: 'unavailable' },
  { prefix: '58', name: 'system error', treatment: 'unavailable' },
];

/** @param code an SQLSTATE; undefined for an error that has none */
export function treatmentOf(code: string | undefined): Treatment {
  return sqlStateRules.find(({ prefix }) => code?.startsWith(prefix))?.treatment ?? 'mistake';
}
