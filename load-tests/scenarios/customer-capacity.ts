import { clientsHardlyNotice, recoveryAllowedMs, type Scenario } from './scenario.ts';

export const customerCapacity: Scenario = {
  name: 'customer-capacity',
  claim: 'Overdriven until it collapses, customer recovers by itself once load falls back: nobody keeps it down.',
  durations: { before: 10, during: 20, after: 25 },
  short: { before: 5, during: 10, after: 17 },
  rate: 50,
  // Five at a time of 100 ms each are fifty a second from each replica, a hundred in all; work nobody waits for is done all the same.
  healthy: { latency: '100ms', capacity: { workers: 5, queue: 200, abandonedWork: 'kept' } },
  load: ({ before, during, after }) => ({
    startRate: 50,
    stages: [
      { rate: 50, seconds: before },
      { rate: 160, seconds: 1 },
      { rate: 160, seconds: during - 2 },
      { rate: 50, seconds: 1 },
      { rate: 50, seconds: after },
    ],
  }),
  thresholds: () => [...clientsHardlyNotice, { kind: 'time-to-recover', atMostMs: recoveryAllowedMs }],
  needsOwnSystem: true,
};
