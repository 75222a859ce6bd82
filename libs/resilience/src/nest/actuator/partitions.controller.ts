import { Controller, Get, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { policyTable } from '../resilience.options.ts';
import { Application } from './application.ts';
import { policiesWithEndpoints } from './monitored-policies.ts';

/** The aggregate view of partitions (`partitionBy`). Resilience4j has no such endpoint. */
@Controller({ version: VERSION_NEUTRAL })
export class PartitionsController {
  readonly #application: Application;
  readonly #table: PolicyTable;

  constructor(@Inject(Application) application: Application, @Inject(policyTable) table: PolicyTable) {
    this.#application = application;
    this.#table = table;
  }

  /** By kind of policy, and by the name that is partitioned. */
  @Get('partitions')
  partitions(): object {
    const kinds = policiesWithEndpoints(this.#table).map((policy) => {
      const partitions = [...(this.#application.find(policy.registry)?.partitions() ?? [])];
      const described = partitions.map(([name, instances]) => [name, policy.describePartitions(instances)] as const);
      return [policy.listKey, Object.fromEntries(described.toSorted(([a], [b]) => (a < b ? -1 : 1)))] as const;
    });
    return Object.fromEntries(kinds.filter(([, described]) => Object.keys(described).length > 0));
  }
}
