import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import type { HealthIndicator, HealthReport } from './health-indicator.ts';

/** Whether the database answers. */
@Injectable()
export class DatabaseIndicator implements HealthIndicator {
  readonly key = 'database';

  constructor(private readonly database: Database) {}

  async check(): Promise<HealthReport> {
    await this.database.ping();
    return { status: 'up' };
  }
}
