import type { Scenario } from './scenario.ts';

export const replicaKilled: Scenario = {
  name: 'replica-killed',
  claim:
    'One of two account processes is killed; the load balancer repeats what was under way, and no account is opened twice.',
  durations: { before: 10, during: 15, after: 20 },
  short: { before: 5, during: 8, after: 14 },
  rate: 60,
  steps: ({ during }) => [
    { at: 0, title: 'account-1 is killed', action: { kind: 'kill', replicas: ['account-1'] } },
    { at: during, title: 'account-1 is started again', action: { kind: 'restart', replicas: ['account-1'] } },
  ],
  thresholds: () => [
    { kind: 'goodput', atLeast: 0.99 },
    { kind: 'server-errors', atMost: 0 },
    { kind: 'time-to-protect', atMostMs: 2_000 },
    { kind: 'time-to-recover', atMostMs: 8_000 },
  ],
  needsOwnSystem: true,
};
