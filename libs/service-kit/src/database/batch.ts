import type { Connection, DatabaseError, PoolClient, Submittable } from 'pg';
import { serialize } from 'pg-protocol';

/** A value as the protocol sends it. */
export type Encoded = string | Buffer | null;

/** A statement with the values of its parameters. */
export interface Execution {
  /** Of the prepared statement; empty: it is not prepared. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly Encoded[];
}

/** The result of a statement, as the driver and Kysely have it. */
export interface BatchResult {
  readonly command: string;
  readonly rowCount: number;
  readonly rows: Record<string, unknown>[];
}

interface Column {
  readonly name: string;
  readonly dataTypeID: number;
}

const begin: Execution = { name: 'begin', text: 'begin isolation level read committed', values: [] };
const commit: Execution = { name: 'commit', text: 'commit', values: [] };

/** Which of the four results is that of the statement. */
const statementAt = 2;

/** The columns of each statement that a connection has prepared; undefined where it returns none. */
const preparedIn = new WeakMap<Connection, Map<string, readonly Column[]>>();

/**
 * Executes one statement as a transaction, in one round trip: BEGIN, its settings, the statement and COMMIT are sent together.
 * The time limit of the statement starts after the settings. A process that is stopped in between holds no locks, because the
 * server does not wait for it.
 *
 * After an error of the server the transaction is still open, and has to be rolled back.
 *
 * @param settings the statement that sets what the transaction depends on
 */
export function executeBatch(client: PoolClient, settings: Execution, statement: Execution): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    client.query(new Batch(client, settings, statement, resolve, reject));
  });
}

function preparation(name: string, { text }: Execution, isDescribed: boolean): Buffer[] {
  return [
    // After an error it is unknown whether it exists.
    ...(name === '' ? [] : [serialize.close({ type: 'S', name })]),
    serialize.parse({ name, text }),
    ...(isDescribed ? [serialize.describe({ type: 'S', name })] : []),
  ];
}

const encodeExecution = (statement: string, values: readonly Encoded[]): Buffer =>
  Buffer.concat([serialize.bind({ statement, values: [...values] }), serialize.execute()]);

/** The protocol's extended query, for four statements. A connection learns the columns of a prepared statement once. */
class Batch implements Submittable {
  readonly #client: PoolClient;
  readonly #executions: readonly Execution[];
  readonly #isPrepared: boolean;
  readonly #resolve: (result: BatchResult) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rows: Record<string, unknown>[] = [];
  #columns: readonly Column[] = [];
  #results = 0;
  #tag = '';
  /** Notes what has been prepared, once everything has succeeded. */
  #onSuccess: (() => void) | undefined;

  constructor(
    client: PoolClient,
    settings: Execution,
    statement: Execution,
    resolve: (result: BatchResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.#client = client;
    this.#executions = [begin, settings, statement, commit];
    this.#isPrepared = statement.name !== '';
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    const prepared = preparedIn.get(connection) ?? new Map<string, readonly Column[]>();
    preparedIn.set(connection, prepared);
    const statement = this.#executions[statementAt]!;
    const missing = this.#executions.filter(({ name }) => !this.#isPrepared || !prepared.has(name));
    const messages = this.#executions.flatMap((execution) => {
      const name = this.#isPrepared ? execution.name : '';
      const executing = encodeExecution(name, execution.values);
      return missing.includes(execution)
        ? [...preparation(name, execution, execution === statement), executing]
        : [executing];
    });
    // One write: each costs a call of the system.
    connection.stream.write(Buffer.concat([...messages, serialize.sync()]));
    this.#columns = prepared.get(statement.name) ?? [];
    if (this.#isPrepared && missing.length > 0)
      this.#onSuccess = () => {
        for (const execution of missing) prepared.set(execution.name, execution === statement ? this.#columns : []);
      };
  }

  handleRowDescription({ fields }: { readonly fields: readonly Column[] }): void {
    this.#columns = fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    for (const [at, { name, dataTypeID }] of this.#columns.entries()) {
      const text = fields[at] ?? null;
      row[name] = text === null ? null : this.#client.getTypeParser(dataTypeID, 'text')(text);
    }
    this.#rows.push(row);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#results === statementAt) this.#tag = text;
    this.#results += 1;
  }

  handleEmptyQuery(): void {
    this.#results += 1;
  }

  handleError(error: DatabaseError, connection: Connection): void {
    // A pooler may have lost what it was thought to have.
    preparedIn.delete(connection);
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#onSuccess?.();
    const words = this.#tag.split(' ');
    this.#resolve({ command: words[0] ?? '', rowCount: Number(words.at(-1)) || 0, rows: this.#rows });
  }
}
