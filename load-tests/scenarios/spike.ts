import type { Scenario } from './scenario.ts';

export const spike: Scenario = {
  name: 'spike',
  claim: 'Ten times the load within five seconds is served, and leaves nothing behind.',
  durations: { before: 10, during: 20, after: 15 },
  short: { before: 5, during: 12, after: 8 },
  rate: 10,
  load: ({ before, during, after }) => ({
    startRate: 10,
    stages: [
      { rate: 10, seconds: before },
      { rate: 100, seconds: 5 },
      { rate: 100, seconds: during - 6 },
      { rate: 10, seconds: 1 },
      { rate: 10, seconds: after },
    ],
  }),
  thresholds: () => [
    { kind: 'goodput', atLeast: 0.99 },
    { kind: 'server-errors', atMost: 0 },
    { kind: 'p99-during', atMostMs: 1_000 },
    { kind: 'time-to-recover', atMostMs: 2_000 },
  ],
  needsOwnSystem: false,
};
