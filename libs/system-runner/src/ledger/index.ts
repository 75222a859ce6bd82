export {
  auditLedger,
  type Closing,
  type LedgerViolation,
  type RecordedRequest,
  type RecordedResponse,
} from './audit.ts';
export { countPending, customerExists, type LedgerSnapshot, readLedger, seededCustomers } from './ledger.ts';
export { type Outcome, outcomeOf, outcomes } from './outcomes.ts';
export { isFinal, RetryingClient, type RetryingClientOptions } from './retrying-client.ts';
export { type LedgerResult, settleAndAudit, type SettledRequest } from './settlement.ts';
