import { describe, expect, it } from 'vitest';
import { accountIdAt } from './account-id.ts';

const epochMicros = 1_767_225_600_000_000;

describe('accountIdAt', () => {
  it('returns a UUID of version 7 with the milliseconds in its first 48 bits', () => {
    const id = accountIdAt(epochMicros);

    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(1_767_225_600_000);
  });

  it('sorts ids by microseconds, also across milliseconds', () => {
    const ids = Array.from({ length: 2_500 }, (_, n) => accountIdAt(epochMicros + n));

    expect(ids.toSorted()).toEqual(ids);
  });

  it('returns different ids for the same microsecond', () => {
    const ids = Array.from({ length: 1_000 }, () => accountIdAt(epochMicros + 999));

    expect(new Set(ids).size).toBe(1_000);
  });
});
