import { customerIsLeftAlone, type Scenario, usualDurations } from './scenario.ts';

const customers = ['customer-1', 'customer-2'];

export const customerDown: Scenario = {
  name: 'customer-down',
  claim: 'A customer that refuses every connection is left alone, and accounts are opened without it.',
  ...usualDurations,
  rate: 60,
  steps: ({ during }) => [
    { at: 0, title: 'both customers are killed', action: { kind: 'kill', replicas: customers } },
    { at: during, title: 'customers are started again', action: { kind: 'restart', replicas: customers } },
  ],
  thresholds: () => customerIsLeftAlone,
  needsOwnSystem: true,
};
