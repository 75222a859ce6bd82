import { describe, expect, it } from 'vitest';
import { toCursor } from './account-cursor.ts';
import { listAccountsQuery } from './list-accounts.query.ts';

const id = '019a9b1c-7f00-7abc-8def-0123456789ab';

describe('listAccountsQuery', () => {
  it('asks for twenty accounts of any kind by default', () => {
    expect(listAccountsQuery.parse({})).toEqual({ limit: 20 });
  });

  it('reads what a URL says', () => {
    const query = { customerId: 'c-1', status: 'CLOSED', cursor: toCursor(id), limit: '100' };

    expect(listAccountsQuery.parse(query)).toEqual({ customerId: 'c-1', status: 'CLOSED', cursor: id, limit: 100 });
  });

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ limit: ['1', '2'] }, 'limit'],
    [{ status: 'OPEN' }, 'status'],
    [{ status: ['ACTIVE', 'CLOSED'] }, 'status'],
    [{ customerId: 'C 1' }, 'customerId'],
    [{ cursor: id }, 'cursor'],
    [{ cursor: '' }, 'cursor'],
    [{ cursor: ['a', 'b'] }, 'cursor'],
  ])('refuses %j', (query, parameter) => {
    const { error } = listAccountsQuery.safeParse(query);

    expect(error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [parameter, expect.stringMatching(/^must /)],
    ]);
  });

  it('refuses what it does not know', () => {
    expect(listAccountsQuery.safeParse({ page: '2' }).success).toBe(false);
  });
});
