import {
  clientsHardlyNotice,
  customerIsIsolated,
  healthyCustomer,
  maxRecoveryMs,
  type Scenario,
  type Step,
  type Thresholds,
  usualDurations,
  whileCustomer,
} from './scenario.ts';

const customers = ['customer-1', 'customer-2'];
const flappingIntervalSeconds = 3;

/**
 * A customer of finite capacity and the load that overwhelms it: two calls of 60 ms at a time are 33 per second on each replica, 66
 * in all, of which 30 are used. Then a hundred arrive. Work whose caller has left is done all the same, so that a queue of more
 * than 66 calls makes every call last longer than a second.
 */
const finiteCapacity = {
  // The control arm has to stay down for a minute.
  durations: { before: 10, during: 6, after: 65 },
  short: { before: 5, during: 6, after: 62 },
  rate: 30,
  healthy: { latency: '60ms', capacity: { workers: 2, queue: 1_000, abandonedWork: 'kept' } },
  // Without the limit, account would refuse a part of the requests of the overload in one arm and not in the other.
  account: { MAX_REQUESTS_IN_FLIGHT: '1000' },
  load: ({ before, during, after }) => ({
    startRate: 30,
    stages: [
      { rate: 30, seconds: before },
      { rate: 100, seconds: 1 },
      { rate: 100, seconds: during - 2 },
      { rate: 30, seconds: 1 },
      { rate: 30, seconds: after },
    ],
  }),
  control: 'retries-without-budget',
  // Three attempts of a second each, of 30 requests a second, are 90 calls for the 66 that customer can serve.
  controlThresholds: { serverErrors: 0, staysDown: 0.1 },
} satisfies Partial<Scenario>;

/** `slowCallDurationThreshold` (apps/account/resilience.yml): a call in flight counts as slow from then on. */
const slowCallMs = 1_000;
/**
 * When no call ends in time, the circuit breakers open soon after the threshold, and calls in flight end then: at thirty calls a
 * second the eighth of ten is slow a third of a second after the first. Then the requests that waited are stored, all at once.
 */
const opensAtSlowCalls: Thresholds = {
  ...customerIsIsolated,
  timeToProtectMs: slowCallMs + 800,
  p99DuringMs: slowCallMs + 600,
};

/** Scenarios in which customer fails. */
export const customerFailures = {
  slow: {
    name: 'customer-slow',
    claim:
      'A customer that takes 2 s and cannot serve the arriving calls slows account down until the breakers open, and afterwards only their trial calls.',
    ...usualDurations,
    rate: 60,
    variants: ['as-configured', 'cold-cache'],
    // Ten concurrent calls of 2 s each are five per second on each replica; sixty arrive.
    steps: whileCustomer('customer takes 2 s, ten at a time', {
      latency: '2s',
      capacity: { workers: 10, queue: 100, abandonedWork: 'kept' },
    }),
    thresholds: () => opensAtSlowCalls,
  },
  errors: {
    name: 'customer-errors',
    claim: 'A customer that fails half of the time costs no client its account and receives hardly more calls.',
    ...usualDurations,
    rate: 60,
    steps: whileCustomer('customer responds with 503 half of the time', {
      latency: '20ms',
      errors: [{ status: 503, rate: 0.5 }],
    }),
    thresholds: () => ({ ...clientsHardlyNotice, customerCallsPerArrival: 1.25, timeToRecoverMs: maxRecoveryMs }),
  },
  down: {
    name: 'customer-down',
    claim: 'A customer that refuses every connection receives no further calls, and accounts are opened without it.',
    // The processes need some seconds to start, in addition to the wait of the breakers.
    durations: { before: 10, during: 30, after: 32 },
    short: { before: 5, during: 15, after: 24 },
    rate: 60,
    steps: ({ during }) => [
      { at: 0, title: 'both customers are killed', action: { kind: 'kill', replicas: customers } },
      { at: during, title: 'the customers restart', action: { kind: 'restart', replicas: customers } },
    ],
    thresholds: () => customerIsIsolated,
  },
  hang: {
    name: 'customer-hang',
    claim: 'A customer that never responds delays account only until the breakers open.',
    ...usualDurations,
    rate: 60,
    steps: whileCustomer('customer hangs', { latency: '20ms', hang: { rate: 1 } }),
    thresholds: () => opensAtSlowCalls,
  },
  capacity: {
    name: 'customer-capacity',
    claim: 'A customer that collapses under overload recovers automatically once the load falls.',
    ...finiteCapacity,
    thresholds: () => ({ ...clientsHardlyNotice, timeToVerifyMs: 30_000 }),
  },
  flapping: {
    name: 'flapping',
    claim: 'A customer that fails and recovers every three seconds costs no client its account.',
    durations: { before: 10, during: 36, after: 25 },
    short: { before: 5, during: 18, after: 17 },
    rate: 60,
    steps: ({ during }) => [
      ...Array.from({ length: Math.floor(during / flappingIntervalSeconds) }, (_, turn): Step => {
        const isFailing = turn % 2 === 0;
        return {
          at: turn * flappingIntervalSeconds,
          title: isFailing ? 'customer hangs' : 'customer is healthy',
          action: { kind: 'customer', faults: isFailing ? { latency: '20ms', hang: { rate: 1 } } : healthyCustomer },
        };
      }),
      { at: during, title: 'customer stays healthy', action: { kind: 'customer', faults: healthyCustomer } },
    ],
    thresholds: () => ({ ...clientsHardlyNotice, timeToRecoverMs: maxRecoveryMs }),
  },
  retryStorm: {
    name: 'retry-storm',
    claim:
      'Without a circuit breaker, retries keep an overloaded customer down after the load has fallen; with a budget they do not.',
    ...finiteCapacity,
    variants: ['retries-within-budget'],
    // The spike leaves about 500 calls. Of 66 a second, 50 are in use: 30 requests and, at most, 20 retries.
    thresholds: () => ({ serverErrors: 0, timeToVerifyMs: 55_000 }),
  },
} satisfies Record<string, Scenario>;
