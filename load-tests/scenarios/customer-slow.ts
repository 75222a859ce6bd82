import { customerIsLeftAlone, type Scenario, usualDurations, whileCustomer } from './scenario.ts';

export const customerSlow: Scenario = {
  name: 'customer-slow',
  claim: 'A customer that takes 2 s, and cannot serve what arrives, slows account down only until the breakers open.',
  ...usualDurations,
  rate: 60,
  // Ten at a time of 2 s each are five a second from each replica, of sixty that arrive.
  steps: whileCustomer('customer takes 2 s, ten at a time', {
    latency: '2s',
    capacity: { workers: 10, queue: 100, abandonedWork: 'kept' },
  }),
  thresholds: () => customerIsLeftAlone,
  needsOwnSystem: true,
};
