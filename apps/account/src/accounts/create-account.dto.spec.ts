import { describe, expect, it } from 'vitest';
import { createAccountDto } from './create-account.dto.ts';

const valid = { customerId: 'c-1001', currency: 'EUR' };

describe('createAccountDto', () => {
  it.each([
    valid,
    { ...valid, label: 'x' },
    { ...valid, label: 'Ersparnisse 🏦'.repeat(5) },
    { ...valid, currency: 'JPY' },
  ])('takes %j', (dto) => {
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
    [{ ...valid, label: null }, 'label'],
  ])('refuses %j', (dto, field) => {
    const { error } = createAccountDto.safeParse(dto);

    expect(error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      [field, expect.stringMatching(/^must /)],
    ]);
  });

  it('refuses what it does not know', () => {
    expect(createAccountDto.safeParse({ ...valid, balance: 100 }).success).toBe(false);
  });
});
