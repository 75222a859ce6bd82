import { kindsOf } from '@breakwater/service-kit';

/** The problems of account, in addition to those of every service. */
export const accountKinds = kindsOf({
  'invalid-idempotency-key': { status: 400, title: 'Invalid idempotency key' },
  'account-not-found': { status: 404, title: 'Account not found' },
  'circuit-breaker-not-found': { status: 404, title: 'Circuit breaker not found' },
  'account-not-active': { status: 409, title: 'Account not active' },
  'precondition-failed': { status: 412, title: 'Precondition failed' },
  'unknown-customer': { status: 422, title: 'Unknown customer' },
  'idempotency-key-reused': { status: 422, title: 'Idempotency key reused' },
  'customer-not-told': { status: 502, title: 'Customer not told' },
  'precondition-required': { status: 428, title: 'Precondition required' },
});
