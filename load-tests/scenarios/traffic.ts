import type { Scenario } from './scenario.ts';

/** Scenarios in which nothing fails. */
export const traffic = {
  steady: {
    name: 'steady',
    claim: 'Without failures, every account is opened immediately.',
    durations: { before: 0, during: 45, after: 0 },
    short: { before: 0, during: 15, after: 0 },
    rate: 60,
    thresholds: () => ({ settled: 0.999, serverErrors: 0, p99DuringMs: 150, customerCallsPerArrival: 1.01 }),
    isMeasuredByClients: true,
  },
  spike: {
    name: 'spike',
    claim: 'Ten times the load within five seconds is served without lasting effects.',
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
    thresholds: () => ({ settled: 0.99, serverErrors: 0, p99DuringMs: 1_000, timeToRecoverMs: 2_000 }),
    isMeasuredByClients: true,
  },
  soak: {
    name: 'soak',
    claim: 'Under continuous load, memory and event-loop lag stay constant.',
    // A meaningful result for memory needs ten minutes or more (`--duration`).
    durations: { before: 0, during: 180, after: 0 },
    short: { before: 0, during: 45, after: 0 },
    rate: 50,
    thresholds: () => ({ settled: 0.999, serverErrors: 0, memoryGrowth: 1.1, eventLoopLagGrowthMs: 20 }),
  },
} satisfies Record<string, Scenario>;
