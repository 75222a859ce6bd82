import { createRegistry } from '@breakwater/resilience';
import { diagnose, instancesOf, observeTraffic, startUpWarnings } from '@breakwater/resilience/doctor';

const registry = createRegistry('circuitBreaker');
const customer = registry.getOrCreate('customer', { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

/** At start-up: findings that do not depend on the traffic. */
export const warnings = startUpWarnings(instancesOf({ circuitBreaker: registry }));

/** At run time: the same checks with the observed traffic. */
const observed = observeTraffic(customer);
export const findings = () => diagnose(instancesOf({ circuitBreaker: registry }), observed.traffic());
