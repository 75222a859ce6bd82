import { customerIsLeftAlone, type Scenario, usualDurations, whileCustomer } from './scenario.ts';

export const customerHang: Scenario = {
  name: 'customer-hang',
  claim: 'A customer that never answers holds account up only until the breakers open.',
  ...usualDurations,
  rate: 60,
  steps: whileCustomer('customer hangs', { latency: '20ms', hang: { rate: 1 } }),
  thresholds: () => customerIsLeftAlone,
  needsOwnSystem: true,
};
