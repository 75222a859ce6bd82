import { SpanKind } from '@opentelemetry/api';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { failSpan, inSpan, isRecorded, tracer } from './spans.ts';

type Query = (statement: string, parameters: readonly unknown[]) => Promise<unknown>;

/** A wait for a connection that is shorter has no span. */
const longWaitMs = 1;

/**
 * A pool whose statements have spans of kind CLIENT, with the attributes of OpenTelemetry's conventions for databases. A wait for a
 * connection has a span if it fails or takes longer than a millisecond. Outside of a recorded span it is the pool itself.
 *
 * The statement is part of a span and its parameters are not: values are never in the text of a statement.
 *
 * @param schema the schema of the service
 */
export function withStatementSpans(pool: PostgresPool, schema: string): PostgresPool {
  const system = { 'db.system.name': 'postgresql', 'db.namespace': schema };
  const queryIn =
    (client: PostgresPoolClient): Query =>
    (statement, parameters) => {
      const operation = /^\s*(\w+)/.exec(statement)?.[1]?.toUpperCase() ?? 'QUERY';
      const attributes = { ...system, 'db.operation.name': operation, 'db.query.text': statement };
      const query = client.query.bind(client) as unknown as Query;
      return inSpan(operation, () => query(statement, parameters), { kind: SpanKind.CLIENT, attributes });
    };

  async function connect(): Promise<PostgresPoolClient> {
    if (!isRecorded()) return pool.connect();
    const startedAt = performance.now();
    // Not `Date.now()`: it is up to a millisecond before the start of the span around it.
    const startTime = performance.timeOrigin + startedAt;
    const startWait = () => tracer.startSpan('CONNECT', { kind: SpanKind.CLIENT, attributes: system, startTime });
    try {
      const client = await pool.connect();
      if (performance.now() - startedAt > longWaitMs) startWait().end();
      return {
        query: queryIn(client) as unknown as PostgresPoolClient['query'],
        release: (...given) => client.release(...given),
      };
    } catch (error) {
      const wait = startWait();
      failSpan(wait, error);
      wait.end();
      throw error;
    }
  }
  return { ...pool, connect };
}
