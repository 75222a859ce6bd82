import { kindsOf, ProblemException, type Problem, type ProblemCatalogue } from '@breakwater/service-kit';

/** The problems of account, in addition to those of every service. `docs/problems.md` lists the same, which a test checks. */
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
  'account-not-active': {
    status: 409,
    title: 'Account not active',
    when: 'The account to close is not `ACTIVE`.',
    remedy: 'See `accountStatus`; a pending account can be closed once it is `ACTIVE`.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    when: 'The account has another version than `If-Match` names. Nothing was changed.',
    remedy: 'Read the account again, and decide again.',
  },
  'unknown-customer': {
    status: 422,
    title: 'Unknown customer',
    when: 'The customer of the account to open does not exist. No account was opened.',
    remedy: 'Correct the customer, and use a new `Idempotency-Key`: the old one gets this response again.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    when: 'The `Idempotency-Key` was used for another request. Nothing was done.',
    remedy: 'Use a new key for a new request.',
  },
  'precondition-required': {
    status: 428,
    title: 'Precondition required',
    when: 'A change came without `If-Match`. Nothing was changed.',
    remedy: 'Send the `ETag` of the account as it was last read.',
  },
} as const satisfies ProblemCatalogue;

export const accountKinds = kindsOf(accountProblems);

/** 422: the account to open has no customer. */
export const unknownCustomer = (customerId: string) =>
  ({
    ...accountKinds['unknown-customer'],
    detail: `There is no customer ${customerId}; no account has been opened.`,
    extensions: { customerId },
  }) satisfies Problem;

/** 404 */
export const accountNotFound = (id: string): ProblemException =>
  new ProblemException({ ...accountKinds['account-not-found'], detail: `There is no account ${id}.` });
