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
/** resilience.yml permits 20 % second attempts, plus ten per second on each of two replicas. */
const allowedCallsPerArrival = 1 + 0.2 + (2 * 10) / 60;

/** `slowCallDurationThreshold` (apps/account/resilience.yml): a call in flight counts as slow from then on. */
const slowCallMs = 1_000;
/** When no call ends in time, the circuit breakers open soon after the threshold, and calls in flight end then. */
const opensAtSlowCalls: Thresholds = {
  ...customerIsIsolated,
  timeToProtectMs: slowCallMs + 500,
  p99DuringMs: slowCallMs + 600,
};

/** Scenarios in which customer fails. */
export const customerFailures = {
  slow: {
    name: 'customer-slow',
    claim:
      'A customer that takes 2 s and cannot serve the arriving calls slows account down only until the breakers open.',
    ...usualDurations,
    rate: 60,
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
    durations: { before: 10, during: 20, after: 25 },
    short: { before: 5, during: 10, after: 17 },
    rate: 20,
    // Two concurrent calls of 60 ms are 33 per second on each replica, 66 in all; abandoned work is completed too.
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
    thresholds: () => ({ ...clientsHardlyNotice, timeToRecoverMs: maxRecoveryMs }),
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
      'Without a circuit breaker, retries without a budget multiply the load on customer; with a budget they do not.',
    durations: { before: 10, during: 20, after: 10 },
    short: { before: 5, during: 10, after: 5 },
    rate: 60,
    variants: ['retries-without-budget', 'retries-within-budget'],
    steps: whileCustomer('customer responds with 503', { latency: '20ms', errors: [{ status: 503, rate: 1 }] }),
    thresholds: (variant) =>
      variant === 'retries-without-budget'
        ? clientsHardlyNotice
        : { ...clientsHardlyNotice, customerCallsPerArrival: allowedCallsPerArrival },
  },
} satisfies Record<string, Scenario>;
