import type { Scenario, Step } from './scenario.ts';

const replicas = ['account-1', 'account-2', 'customer-1', 'customer-2'];

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  claim: 'Every service process is replaced, one after the other, and no client notices.',
  durations: { before: 10, during: 40, after: 10 },
  short: { before: 5, during: 32, after: 5 },
  rate: 50,
  steps: ({ during }) =>
    replicas.map((replica, index): Step => ({
      at: index * (during / replicas.length),
      title: `${replica} is replaced`,
      action: { kind: 'restart', replicas: [replica] },
    })),
  thresholds: () => [
    { kind: 'goodput', atLeast: 0.999 },
    { kind: 'server-errors', atMost: 0 },
  ],
  needsOwnSystem: true,
};
