export { FakeClock } from './fake-clock.ts';
export type { MakePolicy, PolicyContractClause, PolicyUnderContract } from './policy-contract.ts';
export { policyContract, policyContractExcept } from './policy-contract.ts';
