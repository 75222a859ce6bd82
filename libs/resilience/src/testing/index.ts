export { FakeClock } from './fake-clock.ts';
export type { MakePolicy, PolicyContractClause, PolicyUnderContract } from './policy-contract.ts';
export { policyContract, policyContractExcept } from './policy-contract.ts';
export type { CircuitBreakerContractClause, CircuitBreakerScene } from './circuit-breaker-contract.ts';
export { circuitBreakerContract } from './circuit-breaker-contract.ts';
export type { Outage, OutageOptions } from './outage.ts';
export { outage } from './outage.ts';
export { toSurvive } from './survival.ts';
