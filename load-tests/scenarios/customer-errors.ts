import { clientsHardlyNotice, recoveryAllowedMs, type Scenario, usualDurations, whileCustomer } from './scenario.ts';

export const customerErrors: Scenario = {
  name: 'customer-errors',
  claim: 'A customer that fails half of the time costs no client its account, and is not asked more for it.',
  ...usualDurations,
  rate: 60,
  steps: whileCustomer('customer answers 503 half of the time', {
    latency: '20ms',
    errors: [{ status: 503, rate: 0.5 }],
  }),
  thresholds: () => [
    ...clientsHardlyNotice,
    { kind: 'questions-per-arrival', atMost: 1.25 },
    { kind: 'time-to-recover', atMostMs: recoveryAllowedMs },
  ],
  needsOwnSystem: true,
};
