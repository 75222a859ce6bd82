import { createRegistry } from '@breakwater/resilience';
import { diagnose, instancesOf, observeTraffic, startUpWarnings } from '@breakwater/resilience/doctor';

const registry = createRegistry('circuitBreaker');
const customer = registry.getOrCreate('customer', { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

/** At start-up: what can be said without knowing the traffic. */
export const warnings = startUpWarnings(instancesOf({ circuitBreaker: registry }));

/** While the application runs: the same checks with what is really going on. */
const observed = observeTraffic(customer);
export const findings = () => diagnose(instancesOf({ circuitBreaker: registry }), observed.traffic());
