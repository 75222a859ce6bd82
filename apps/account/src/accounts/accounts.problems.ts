import { ProblemException, type Problem } from '@breakwater/service-kit';
import { accountKinds } from '../problems/account-problems.ts';
import type { Account } from './account.ts';
import { entityTagOf, matchesStrongly, type EntityTags } from './entity-tags.ts';

/** 422: an account was to be opened for nobody. */
export const unknownCustomer = (customerId: string) =>
  ({
    ...accountKinds['unknown-customer'],
    detail: `There is no customer ${customerId}; no account has been opened.`,
    extensions: { customerId },
  }) satisfies Problem;

/** 404 */
export const accountNotFound = (id: string): ProblemException =>
  new ProblemException({
    ...accountKinds['account-not-found'],
    detail: `There is no account ${id}.`,
  });

/** 428: the client didn't say which version of the account it means to change. */
export const preconditionRequired = (): ProblemException =>
  new ProblemException({
    ...accountKinds['precondition-required'],
    detail: 'A change needs the header If-Match with the ETag of the account as it was last seen, such as "1".',
  });

/** Why an account was not closed: 412 where it is another than the client has seen, 409 where it cannot be closed. */
export function notClosed({ id, version, status }: Account, ifMatch: EntityTags): ProblemException {
  const etag = entityTagOf(version);
  if (matchesStrongly(ifMatch, version) && status !== 'ACTIVE') {
    return new ProblemException({
      ...accountKinds['account-not-active'],
      detail: `Only an account that is ACTIVE can be closed; the account ${id} is ${status}.`,
      extensions: { accountStatus: status },
      headers: { etag },
    });
  }
  return new ProblemException({
    ...accountKinds['precondition-failed'],
    detail: `The account ${id} is not the one of If-Match; its ETag is ${etag} now. Nothing has been changed.`,
    headers: { etag },
  });
}
