import { customerCapacity } from './customer-capacity.ts';
import { customerDown } from './customer-down.ts';
import { customerErrors } from './customer-errors.ts';
import { customerHang } from './customer-hang.ts';
import { customerSlow } from './customer-slow.ts';
import { databaseRestart } from './database-restart.ts';
import { flapping } from './flapping.ts';
import { replicaKilled } from './replica-killed.ts';
import { retryStorm } from './retry-storm.ts';
import { rollingRestart } from './rolling-restart.ts';
import type { Scenario } from './scenario.ts';
import { soak } from './soak.ts';
import { spike } from './spike.ts';
import { steady } from './steady.ts';

export { type Action, healthyCustomer, type Scenario } from './scenario.ts';

/** All there are, as `--list` shows them. */
export const scenarios: readonly Scenario[] = [
  steady,
  customerSlow,
  customerErrors,
  customerDown,
  customerHang,
  customerCapacity,
  flapping,
  retryStorm,
  spike,
  rollingRestart,
  replicaKilled,
  databaseRestart,
  soak,
];
