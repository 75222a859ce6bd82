import type { HealthIndicator, HealthReport } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Faults } from './faults.ts';

/** Tells the fault `unready` to readiness. */
@Injectable()
export class UnreadyIndicator implements HealthIndicator {
  readonly key = 'faults';

  constructor(private readonly faults: Faults) {}

  async check(): Promise<HealthReport> {
    return this.faults.unready.strikes() ? { status: 'down', reason: 'set through /faults' } : { status: 'up' };
  }
}
