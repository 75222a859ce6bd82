import { SpanKind } from '@opentelemetry/api';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { failSpan, inSpan, isRecorded, tracer } from './spans.ts';

type Query = (statement: string, parameters: readonly unknown[]) => Promise<unknown>;

/** A wait for a connection that is shorter has no span. */
const longWaitMs = 1;

/**
 * The spans of statements, of kind CLIENT and with the attributes of OpenTelemetry's conventions for databases. A wait for a
 * connection has a span if it fails or takes longer than a millisecond. Outside of a recorded span there are none.
 *
 * The statement is part of a span and its parameters are not: values are never in the text of a statement.
 */
export class StatementSpans {
  readonly #system: { readonly 'db.system.name': string; readonly 'db.namespace': string };

  /** @param schema the schema of the service */
  constructor(schema: string) {
    this.#system = { 'db.system.name': 'postgresql', 'db.namespace': schema };
  }

  /** Executes a statement. */
  inSpan<T>(statement: string, work: () => Promise<T>): Promise<T> {
    if (!isRecorded()) return work();
    const operation = operationOf(statement);
    const attributes = { ...this.#system, 'db.operation.name': operation, 'db.query.text': statement };
    return inSpan(operation, work, { kind: SpanKind.CLIENT, attributes });
  }

  /** Waits for a connection. */
  async connect<C>(pool: { connect(): Promise<C> }): Promise<C> {
    if (!isRecorded()) return pool.connect();
    const startedAt = performance.now();
    // Not `Date.now()`: it is up to a millisecond before the start of the span around it.
    const startTime = performance.timeOrigin + startedAt;
    const startWait = () => tracer.startSpan('CONNECT', { kind: SpanKind.CLIENT, attributes: this.#system, startTime });
    try {
      const client = await pool.connect();
      if (performance.now() - startedAt > longWaitMs) startWait().end();
      return client;
    } catch (error) {
      const wait = startWait();
      failSpan(wait, error);
      wait.end();
      throw error;
    }
  }

  /** A pool for Kysely whose statements have spans. */
  around(pool: PostgresPool): PostgresPool {
    const connect = async (): Promise<PostgresPoolClient> => {
      if (!isRecorded()) return pool.connect();
      const client = await this.connect(pool);
      const query: Query = (statement, parameters) =>
        this.inSpan(statement, () => (client.query as unknown as Query)(statement, parameters));
      return {
        query: query as unknown as PostgresPoolClient['query'],
        release: (...given) => client.release(...given),
      };
    };
    return { ...pool, connect };
  }
}

/** What a statement does: the change that is in its common table expressions, if there is one. */
function operationOf(statement: string): string {
  const words = /^\s*with\b/i.test(statement) ? /\b(insert|update|delete)\b/i : /^\s*(\w+)/;
  return words.exec(statement)?.[1]?.toUpperCase() ?? 'SELECT';
}
