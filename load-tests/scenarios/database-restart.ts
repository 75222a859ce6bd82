import type { Scenario } from './scenario.ts';

export const databaseRestart: Scenario = {
  name: 'database-restart',
  claim:
    'PostgreSQL crashes and comes back: what was answered is kept, and service goes on within seconds, without a restart.',
  durations: { before: 10, during: 5, after: 20 },
  short: { before: 5, during: 3, after: 12 },
  rate: 50,
  steps: ({ during }) => [
    { at: 0, title: 'PostgreSQL crashes', action: { kind: 'database', state: 'stopped' } },
    { at: during, title: 'PostgreSQL is started', action: { kind: 'database', state: 'started' } },
  ],
  // Without its database account cannot open accounts, and says so: there is no 202 to be had. The breakers wait 10 s where
  // they opened because customer has no database either.
  thresholds: () => [
    { kind: 'p99-during', atMostMs: 3_000 },
    { kind: 'time-to-recover', atMostMs: 12_000 },
  ],
  needsOwnSystem: true,
};
