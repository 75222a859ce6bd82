/* oxlint-disable no-console -- it stands for the logger of an application */

import { createRegistry } from '@breakwater/resilience';
import { logTransitions } from '@breakwater/resilience/logging';
import { bindToPrometheus } from '@breakwater/resilience/prometheus';
import { Registry } from 'prom-client';

export const circuitBreakerRegistry = createRegistry('circuitBreaker');
export const metrics = new Registry();

bindToPrometheus({ circuitBreakerRegistry }, metrics, { extraLabels: { application: 'account' } });

logTransitions(circuitBreakerRegistry, {
  info: (message, fields) => console.info(message, fields),
  warn: (message, fields) => console.warn(message, fields),
});
