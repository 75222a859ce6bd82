import { customerIsLeftAlone, type Scenario } from './scenario.ts';

const customers = ['customer-1', 'customer-2'];

export const customerDown: Scenario = {
  name: 'customer-down',
  claim: 'A customer that refuses every connection is left alone, and accounts are opened without it.',
  // Processes that start take some seconds, and not of the wait for the breakers.
  durations: { before: 10, during: 30, after: 32 },
  short: { before: 5, during: 15, after: 24 },
  rate: 60,
  steps: ({ during }) => [
    { at: 0, title: 'both customers are killed', action: { kind: 'kill', replicas: customers } },
    { at: during, title: 'customers are started again', action: { kind: 'restart', replicas: customers } },
  ],
  thresholds: () => customerIsLeftAlone,
  needsOwnSystem: true,
};
