import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { MetricsRegistry } from '../metrics/metrics.registry.ts';
import { Database, type Connections } from './database.ts';

/** The pool of connections as gauges, named after those that Spring Boot has of its pool (`hikaricp_connections…`). */
@Injectable()
export class DatabaseMetrics {
  constructor(database: Database, registry: MetricsRegistry) {
    const add = (name: string, help: string, count: keyof Connections): void => {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(database.connections[count]);
          },
        }),
      );
    };
    add('pg_pool_connections', 'Connections to the database, in use or not.', 'total');
    add('pg_pool_connections_idle', 'Connections that nobody uses.', 'idle');
    add('pg_pool_connections_pending', 'Statements that wait for a connection.', 'waiting');
    add('pg_pool_connections_max', 'How many connections there may be.', 'max');
  }
}
