import type { ServiceHealthIndicator } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Faults } from './faults.ts';

/** Is down while the fault `unready` is set. */
@Injectable()
export class UnreadyIndicator implements ServiceHealthIndicator {
  readonly key = 'faults';

  constructor(
    private readonly faults: Faults,
    private readonly results: HealthIndicatorService,
  ) {}

  check(): HealthIndicatorResult {
    const result = this.results.check(this.key);
    return this.faults.unready.strikes() ? result.down({ reason: 'set through /faults' }) : result.up();
  }
}
