import { v7 as uuidv7 } from 'uuid';
import type { Verification } from '../customer/customer-directory.ts';
import { accountPath, type Account } from './account.ts';
import type { CreateAccountDto } from './create-account.dto.ts';

/** An account that is to be stored, and why it is what it is. */
export interface AccountOpening {
  readonly account: Account;
  readonly reason: string;
}

/**
 * What an account is opened as, the whole of it, before anything is stored: under an idempotency key the answer is stored
 * along with it.
 *
 * @param verification what is known of a customer who is not unknown
 */
export function openingOf(
  { customerId, currency, label }: CreateAccountDto,
  verification: Exclude<Verification, { verdict: 'unknown' }>,
  openedAt: Date,
): AccountOpening {
  const id = uuidv7();
  const verified = verification.verdict === 'exists' ? verification : undefined;
  const account: Account = {
    id,
    customerId,
    currency,
    label: label ?? null,
    balance: { amount: 0, currency },
    status: verified ? 'ACTIVE' : 'PENDING_VERIFICATION',
    version: 1,
    verifiedAt: verified?.verifiedAt.toISOString() ?? null,
    verifiedBy: verified?.verifiedBy ?? null,
    createdAt: openedAt.toISOString(),
    updatedAt: openedAt.toISOString(),
    ...(verified ? {} : { statusUrl: accountPath(id) }),
  };
  return { account, reason: reasonFor(verification) };
}

function reasonFor(verification: Exclude<Verification, { verdict: 'unknown' }>): string {
  if (verification.verdict === 'unverified') return 'Opened while nobody could say whether the customer exists.';
  return verification.verifiedBy === 'CUSTOMER'
    ? 'Opened for a customer who exists.'
    : 'Opened for a customer who existed when customer was last heard of.';
}
