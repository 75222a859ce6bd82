export { auditLedger, type LedgerViolation, type RecordedRequest, type RecordedResponse } from './audit.ts';
export { countPending, customerExists, type LedgerSnapshot, readLedger, seededCustomers } from './ledger.ts';
export { isFinal, RetryingClient, type RetryingClientOptions } from './retrying-client.ts';
