import { describe, expect, it } from 'vitest';
import type { Account } from './account.ts';
import { notClosed } from './accounts.problems.ts';
import { parseEntityTags } from './entity-tags.ts';

const account = (status: Account['status']): Account => ({ id: 'a', version: 2, status }) as Account;

describe('notClosed', () => {
  it.each([
    ['"2"', 'CLOSED', 409],
    ['*', 'PENDING_VERIFICATION', 409],
    ['"1"', 'CLOSED', 412],
    ['"1"', 'ACTIVE', 412],
    ['W/"2"', 'ACTIVE', 412],
    // It became what was asked for only after the attempt.
    ['"2"', 'ACTIVE', 412],
  ] as const)('for If-Match %s and an account that is %s is a %i with the ETag', (ifMatch, status, expected) => {
    expect(notClosed(account(status), parseEntityTags(ifMatch)).problem).toMatchObject({
      status: expected,
      headers: { etag: '"2"' },
    });
  });
});
