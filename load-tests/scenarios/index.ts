import { customerFailures } from './customer-failures.ts';
import { oneBadReplica } from './one-bad-replica.ts';
import { restarts } from './restarts.ts';
import type { Scenario } from './scenario.ts';
import { traffic } from './traffic.ts';

export { type Action, healthyCustomer, type Scenario } from './scenario.ts';

/** All scenarios in the order of `--list`. */
export const scenarios: readonly Scenario[] = [
  traffic.steady,
  customerFailures.slow,
  customerFailures.errors,
  customerFailures.down,
  customerFailures.hang,
  customerFailures.capacity,
  customerFailures.flapping,
  customerFailures.retryStorm,
  oneBadReplica.hangs,
  oneBadReplica.hangsAtLowLoad,
  oneBadReplica.slow,
  oneBadReplica.errors,
  oneBadReplica.resets,
  traffic.spike,
  restarts.rolling,
  restarts.replicaKilled,
  restarts.accountFrozen,
  restarts.accountOverload,
  restarts.database,
  traffic.soak,
];
