import type { operations } from './customer.contract.ts';

/** What can be wrong with customer, as its contract has it. */
export type Faults = operations['replaceFaults']['requestBody']['content']['application/json'];
/** Faults that change by themselves. */
export type FaultTimeline = operations['playTimeline']['requestBody']['content']['application/json'];
