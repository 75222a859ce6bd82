import { clientsHardlyNotice, healthyCustomer, recoveryAllowedMs, type Scenario, type Step } from './scenario.ts';

const everySeconds = 3;

export const flapping: Scenario = {
  name: 'flapping',
  claim: 'A customer that fails and recovers every three seconds costs no client its account.',
  durations: { before: 10, during: 36, after: 25 },
  short: { before: 5, during: 18, after: 17 },
  rate: 60,
  steps: ({ during }) => [
    ...Array.from({ length: Math.floor(during / everySeconds) }, (_, turn): Step => {
      const isIll = turn % 2 === 0;
      return {
        at: turn * everySeconds,
        title: isIll ? 'customer hangs' : 'customer is well',
        action: { kind: 'customer', faults: isIll ? { latency: '20ms', hang: { rate: 1 } } : healthyCustomer },
      };
    }),
    { at: during, title: 'customer is well for good', action: { kind: 'customer', faults: healthyCustomer } },
  ],
  thresholds: () => [...clientsHardlyNotice, { kind: 'time-to-recover', atMostMs: recoveryAllowedMs }],
  needsOwnSystem: true,
};
