import { kindsOf, type ProblemCatalogue } from '@breakwater/service-kit';

/** What account may answer with beside every service's. `docs/problems.md` lists the same, and a test holds the two together. */
export const accountProblems = {
  'invalid-idempotency-key': {
    status: 400,
    title: 'Invalid idempotency key',
    when: 'The header `Idempotency-Key` is not one key.',
    remedy: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
  },
  'account-not-found': {
    status: 404,
    title: 'Account not found',
    when: 'There is no account with this id.',
    remedy: 'Correct the id.',
  },
  'circuit-breaker-not-found': {
    status: 404,
    title: 'Circuit breaker not found',
    when: 'There is no circuit breaker of this name to make an experiment with.',
    remedy: 'Use one of the names in `known`.',
  },
  'account-not-active': {
    status: 409,
    title: 'Account not active',
    when: 'An account is to be closed that is not `ACTIVE`.',
    remedy: 'Look at `accountStatus`; one that is being verified can be closed once it is `ACTIVE`.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    when: 'The account is another than the one that `If-Match` names. Nothing was changed.',
    remedy: 'Read it again, and decide again.',
  },
  'unknown-customer': {
    status: 422,
    title: 'Unknown customer',
    when: 'An account was to be opened for a customer whom nobody knows. None was opened.',
    remedy: 'Correct the customer. The same `Idempotency-Key` gets the same answer: use a new one.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    when: 'The `Idempotency-Key` was used for another request. Nothing was done.',
    remedy: 'Use a new key for a new request.',
  },
  'customer-not-told': {
    status: 502,
    title: 'Customer not told',
    when: 'A replica of customer could not be reached, or did not take what an experiment asks of it.',
    remedy: 'Look at `replicas` for what each of them said.',
  },
  'precondition-required': {
    status: 428,
    title: 'Precondition required',
    when: 'A change came without `If-Match`. Nothing was changed.',
    remedy: 'Send the `ETag` of the account as it was last read.',
  },
} as const satisfies ProblemCatalogue;

export const accountKinds = kindsOf(accountProblems);
