import type { Scenario } from './scenario.ts';

export const steady: Scenario = {
  name: 'steady',
  claim: 'While all is well, every account is opened at once.',
  durations: { before: 0, during: 45, after: 0 },
  short: { before: 0, during: 15, after: 0 },
  rate: 60,
  thresholds: () => [
    { kind: 'goodput', atLeast: 0.999 },
    { kind: 'server-errors', atMost: 0 },
    { kind: 'p99-during', atMostMs: 150 },
    { kind: 'questions-per-arrival', atMost: 1.01 },
  ],
  needsOwnSystem: false,
};
