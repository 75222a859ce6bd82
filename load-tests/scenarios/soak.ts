import type { Scenario } from './scenario.ts';

export const soak: Scenario = {
  name: 'soak',
  claim: 'Under load for long, memory and event-loop lag stay flat.',
  // `--duration` makes it longer: ten minutes and more for a verdict on memory that means something.
  durations: { before: 0, during: 180, after: 0 },
  short: { before: 0, during: 45, after: 0 },
  rate: 50,
  thresholds: () => [
    { kind: 'goodput', atLeast: 0.999 },
    { kind: 'server-errors', atMost: 0 },
    { kind: 'memory-growth', atMost: 1.1 },
    { kind: 'event-loop-lag-growth', atMostMs: 20 },
  ],
  needsOwnSystem: true,
};
