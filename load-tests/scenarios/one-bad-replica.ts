import type { Faults } from '@breakwater/contracts';
import { healthyCustomer, type Scenario, usualDurations } from './scenario.ts';

/** Two replicas of customer, of which the second one fails. */
function oneOfTwo(name: string, claim: string, title: string, faults: Faults, rate: number = 60): Scenario {
  const replica = 'customer-2';
  return {
    name,
    claim,
    ...usualDurations,
    rate,
    control: 'round-robin-without-ejection',
    controlThresholds: { serverErrors: 0 },
    steps: ({ during }) => [
      { at: 0, title: `${replica} ${title}`, action: { kind: 'customer', faults, replica } },
      {
        at: during,
        title: `${replica} is healthy`,
        action: { kind: 'customer', faults: healthyCustomer, replica },
      },
    ],
    thresholds: () => ({
      settled: 0.999,
      serverErrors: 0,
      verifiedNow: 0.99,
      p99NoticedMs: 150,
      breakersLeftClosed: 0,
      healthyEjected: 0,
      faultyEjected: 1,
      timeToShareMs: 15_000,
      // At a low rate, a few calls decide.
      ...(rate >= 60 ? { loadOnReturn: 1.25 } : {}),
    }),
  };
}

/** Scenarios in which one replica of customer fails and the other one does not. */
export const oneBadReplica = {
  hangs: oneOfTwo(
    'one-customer-hangs',
    'One of two customers never responds; from 2 s on, the other one verifies the customers of all requests.',
    'hangs',
    { latency: '20ms', hang: { rate: 1 } },
  ),
  hangsAtLowLoad: oneOfTwo(
    'one-customer-hangs-at-low-load',
    'The same at five requests a second, at which in-flight calls alone do not tell the two replicas apart.',
    'hangs',
    { latency: '20ms', hang: { rate: 1 } },
    5,
  ),
  slow: oneOfTwo(
    'one-customer-slow',
    'One of two customers takes 2 s; from 2 s on, the other one verifies the customers of all requests.',
    'takes 2 s',
    { latency: '2s' },
  ),
  errors: oneOfTwo(
    'one-customer-errors',
    'One of two customers responds with 503; the other one verifies the customers of all requests.',
    'responds with 503',
    { latency: '20ms', errors: [{ status: 503, rate: 1 }] },
  ),
  resets: oneOfTwo(
    'one-customer-resets',
    'One of two customers resets every connection; the other one verifies the customers of all requests.',
    'resets connections',
    { latency: '20ms', reset: { rate: 1 } },
  ),
} satisfies Record<string, Scenario>;
