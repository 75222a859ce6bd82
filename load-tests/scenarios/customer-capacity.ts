import { clientsHardlyNotice, recoveryAllowedMs, type Scenario } from './scenario.ts';

export const customerCapacity: Scenario = {
  name: 'customer-capacity',
  claim: 'Overdriven until it collapses, customer recovers by itself once load falls back: nobody keeps it down.',
  durations: { before: 10, during: 20, after: 25 },
  short: { before: 5, during: 10, after: 17 },
  rate: 20,
  // Two at a time of 60 ms each are 33 a second from each replica, 66 in all; work that nobody waits for is done all the same.
  healthy: { latency: '60ms', capacity: { workers: 2, queue: 200, abandonedWork: 'kept' } },
  load: ({ before, during, after }) => ({
    startRate: 20,
    stages: [
      { rate: 20, seconds: before },
      { rate: 100, seconds: 1 },
      { rate: 100, seconds: during - 2 },
      { rate: 20, seconds: 1 },
      { rate: 20, seconds: after },
    ],
  }),
  thresholds: () => [...clientsHardlyNotice, { kind: 'time-to-recover', atMostMs: recoveryAllowedMs }],
  needsOwnSystem: true,
};
