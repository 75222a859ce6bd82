import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccountDto, fromCursor, listAccountsQuery, toCursor } from './account.requests.ts';

const valid = { customerId: 'c-1001', currency: 'EUR' };

describe('createAccountDto', () => {
  it.each([
    valid,
    { ...valid, label: 'x' },
    { ...valid, label: 'Ersparnisse 🏦'.repeat(5) },
    { ...valid, label: 'חיסכון \u200e2026' },
    { ...valid, currency: 'JPY' },
  ])('accepts %j', (dto) => {
    expect(createAccountDto.parse(dto)).toEqual(dto);
  });

  it.each([
    [{ ...valid, customerId: 'C 1' }, 'customerId'],
    [{ ...valid, customerId: 7 }, 'customerId'],
    [{ currency: 'EUR' }, 'customerId'],
    [{ ...valid, currency: 'eur' }, 'currency'],
    [{ ...valid, currency: 'EURO' }, 'currency'],
    [{ ...valid, currency: 'QQQ' }, 'currency'],
    [{ ...valid, label: '' }, 'label'],
    [{ ...valid, label: 'x'.repeat(101) }, 'label'],
    [{ ...valid, label: 'a\u0000b' }, 'label'],
    [{ ...valid, label: 'a\ud83c' }, 'label'],
    [{ ...valid, label: 'a\nb' }, 'label'],
    [{ ...valid, label: 'a\u0085b' }, 'label'],
    [{ ...valid, label: 'a\u2028b' }, 'label'],
    [{ ...valid, label: 'a\u2029b' }, 'label'],
    [{ ...valid, label: 'a\u202eb' }, 'label'],
    [{ ...valid, label: 'a\u2066b' }, 'label'],
    [{ ...valid, label: null }, 'label'],
  ])('rejects %j', (dto, field) => {
    const { error } = createAccountDto.safeParse(dto);

    expect(error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [field, expect.stringMatching(/^must /)],
    ]);
  });

  it('rejects unknown members', () => {
    expect(createAccountDto.safeParse({ ...valid, balance: 100 }).success).toBe(false);
  });
});

const id = '019a9b1c-7f00-7abc-8def-0123456789ab';

describe('a cursor', () => {
  it('decodes to the id that it encodes', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(fromCursor(toCursor(id))).toBe(id);
      }),
    );
  });

  it('needs no escaping in a URL', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(toCursor(id)).toMatch(/^[\w-]{22}$/);
      }),
    );
  });

  it('is not decoded from any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uuid()), (text) => {
        const id = fromCursor(text);
        expect(id === undefined || toCursor(id) === text).toBe(true);
      }),
    );
  });

  it.each(['', id, `${toCursor(id)}=`, ` ${toCursor(id)}`, toCursor(id).slice(1), 'B'.repeat(22), '!'.repeat(22)])(
    'is not %j',
    (text) => {
      expect(fromCursor(text)).toBeUndefined();
    },
  );
});

describe('listAccountsQuery', () => {
  it('lists twenty accounts of any status by default', () => {
    expect(listAccountsQuery.parse({})).toEqual({ limit: 20 });
  });

  it('reads the parameters of a URL', () => {
    const query = { customerId: 'c-1', status: 'CLOSED', cursor: toCursor(id), limit: '100' };

    expect(listAccountsQuery.parse(query)).toEqual({ customerId: 'c-1', status: 'CLOSED', cursor: id, limit: 100 });
  });

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ limit: '0x10' }, 'limit'],
    [{ limit: '1e1' }, 'limit'],
    [{ limit: '5.' }, 'limit'],
    [{ limit: ' 5' }, 'limit'],
    [{ limit: '+5' }, 'limit'],
    [{ limit: '٣' }, 'limit'],
    [{ limit: ['1', '2'] }, 'limit'],
    [{ status: 'OPEN' }, 'status'],
    [{ status: ['ACTIVE', 'CLOSED'] }, 'status'],
    [{ customerId: 'C 1' }, 'customerId'],
    [{ cursor: id }, 'cursor'],
    [{ cursor: '' }, 'cursor'],
    [{ cursor: ['a', 'b'] }, 'cursor'],
  ])('rejects %j', (query, parameter) => {
    const { error } = listAccountsQuery.safeParse(query);

    expect(error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [parameter, expect.stringMatching(/^must /)],
    ]);
  });

  it('rejects unknown members', () => {
    expect(listAccountsQuery.safeParse({ page: '2' }).success).toBe(false);
  });
});
