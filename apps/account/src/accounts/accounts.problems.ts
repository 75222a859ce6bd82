import { problemKinds, ProblemException, type Problem } from '@breakwater/service-kit';

/** The problems of account, in addition to those of every service. `docs/problems.md` explains each; a test compares both. */
export const accountKinds = problemKinds({
  'invalid-idempotency-key': { status: 400, title: 'Invalid idempotency key' },
  'account-not-found': { status: 404, title: 'Account not found' },
  'account-not-active': { status: 409, title: 'Account not active' },
  'idempotency-key-in-use': { status: 409, title: 'Idempotency key in use' },
  'unknown-customer': { status: 422, title: 'Unknown customer' },
  'customer-closed': { status: 422, title: 'Customer closed' },
  'idempotency-key-reused': { status: 422, title: 'Idempotency key reused' },
  'precondition-required': { status: 428, title: 'Precondition required' },
});

/** 422: the account to open has no customer. */
export const unknownCustomer = (customerId: string) =>
  ({
    ...accountKinds['unknown-customer'],
    detail: `There is no customer ${customerId}; no account has been opened.`,
    extensions: { customerId },
  }) satisfies Problem;

/** 422: the customer of the account to open is closed. */
export const closedCustomer = (customerId: string) =>
  ({
    ...accountKinds['customer-closed'],
    detail: `Customer ${customerId} is closed; no account has been opened.`,
    extensions: { customerId },
  }) satisfies Problem;

/** 404 */
export const accountNotFound = (id: string): ProblemException =>
  new ProblemException({ ...accountKinds['account-not-found'], detail: `There is no account ${id}.` });
