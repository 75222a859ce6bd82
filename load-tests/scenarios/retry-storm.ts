import { clientsHardlyNotice, type Scenario, whileCustomer } from './scenario.ts';

/** The share of second attempts that resilience.yml allows, with the ten a second that each of two replicas has in any case. */
const allowedQuestionsPerArrival = 1 + 0.2 + (2 * 10) / 60;

export const retryStorm: Scenario = {
  name: 'retry-storm',
  claim:
    'Where no circuit breaker helps, retries without a budget multiply the load on customer; with one they do not.',
  durations: { before: 10, during: 20, after: 10 },
  short: { before: 5, during: 10, after: 5 },
  rate: 60,
  variants: ['retries-without-budget', 'retries-within-budget'],
  steps: whileCustomer('customer answers 503', { latency: '20ms', errors: [{ status: 503, rate: 1 }] }),
  thresholds: (variant) =>
    variant === 'retries-without-budget'
      ? clientsHardlyNotice
      : [...clientsHardlyNotice, { kind: 'questions-per-arrival', atMost: allowedQuestionsPerArrival }],
  needsOwnSystem: true,
};
