import { healthyCustomer, type Scenario, type Step } from './scenario.ts';

const replicas = ['account-1', 'account-2', 'customer-1', 'customer-2'];

/** Scenarios in which processes end or stop. */
export const restarts = {
  rolling: {
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
    thresholds: () => ({ settled: 0.999, serverErrors: 0 }),
  },
  replicaKilled: {
    name: 'replica-killed',
    claim:
      'One of two account processes is killed; the load balancer repeats its in-flight requests, and no account is opened twice.',
    durations: { before: 10, during: 15, after: 20 },
    short: { before: 5, during: 8, after: 14 },
    rate: 60,
    steps: ({ during }) => [
      { at: 0, title: 'account-1 is killed', action: { kind: 'kill', replicas: ['account-1'] } },
      { at: during, title: 'account-1 restarts', action: { kind: 'restart', replicas: ['account-1'] } },
    ],
    thresholds: () => ({ settled: 0.99, serverErrors: 0, timeToProtectMs: 2_000, timeToRecoverMs: 8_000 }),
  },
  accountFrozen: {
    name: 'one-account-frozen',
    claim:
      'One of two account processes stops without closing its connections; few clients wait for the load balancer to notice, and no account is opened twice.',
    durations: { before: 10, during: 30, after: 20 },
    short: { before: 5, during: 15, after: 14 },
    rate: 60,
    // The load balancer waits 6 s for a response before it asks the other replica.
    clientTimeoutSeconds: 15,
    control: 'nginx-round-robin',
    steps: ({ during }) => [
      { at: 0, title: 'account-1 is frozen', action: { kind: 'freeze', replicas: ['account-1'] } },
      { at: during, title: 'account-1 continues', action: { kind: 'thaw', replicas: ['account-1'] } },
    ],
    thresholds: () => ({ settled: 0.99, serverErrors: 0, p99DuringMs: 150, timeToRecoverMs: 8_000 }),
  },
  accountOverload: {
    name: 'account-overload',
    claim:
      'While account refuses what exceeds its limit and one replica is frozen, the load balancer adds less than a tenth to the requests.',
    durations: { before: 10, during: 36, after: 15 },
    // A frozen replica costs a repetition after 6 s.
    short: { before: 5, during: 24, after: 10 },
    rate: 10,
    clientTimeoutSeconds: 15,
    // Two requests of 300 ms are 7 per second on each replica, 13 in all; forty arrive.
    account: { MAX_REQUESTS_IN_FLIGHT: '2' },
    load: ({ before, during, after }) => ({
      startRate: 10,
      stages: [
        { rate: 10, seconds: before },
        { rate: 40, seconds: 1 },
        { rate: 40, seconds: during - 2 },
        { rate: 10, seconds: 1 },
        { rate: 10, seconds: after },
      ],
    }),
    steps: ({ during }) => [
      { at: 0, title: 'customer takes 300 ms', action: { kind: 'customer', faults: { latency: '300ms' } } },
      { at: during / 3, title: 'account-1 is frozen', action: { kind: 'freeze', replicas: ['account-1'] } },
      { at: (during * 2) / 3, title: 'account-1 continues', action: { kind: 'thaw', replicas: ['account-1'] } },
      { at: during, title: 'customer is healthy', action: { kind: 'customer', faults: healthyCustomer } },
    ],
    thresholds: () => ({ upstreamRequestsPerArrival: 1.1, refused: 0.2 }),
  },
  database: {
    name: 'database-restart',
    claim:
      'PostgreSQL crashes and restarts: no response is lost, and the service continues within seconds without a restart.',
    durations: { before: 10, during: 5, after: 20 },
    short: { before: 5, during: 3, after: 12 },
    rate: 50,
    steps: ({ during }) => [
      { at: 0, title: 'PostgreSQL crashes', action: { kind: 'database', state: 'stopped' } },
      { at: during, title: 'PostgreSQL starts', action: { kind: 'database', state: 'started' } },
    ],
    // Without its database account cannot open accounts and responds with 503. The breakers stay OPEN for 10 s if
    // they opened because customer had no database either.
    thresholds: () => ({ p99DuringMs: 3_000, timeToRecoverMs: 12_000 }),
  },
} satisfies Record<string, Scenario>;
