import type { operations } from './account.contract.ts';

/** What it takes to open an account, as account's contract has it. */
export type CreateAccount = operations['openAccount']['requestBody']['content']['application/json'];
/** How an experiment is asked for. */
export type CustomerLookups = operations['lookUpCustomers']['requestBody']['content']['application/json'];
