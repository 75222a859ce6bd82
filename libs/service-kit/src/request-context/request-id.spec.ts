import { describe, expect, it } from 'vitest';
import { requestIdOf } from './request-id.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestIdOf', () => {
  it.each(['abc', 'A.b_c-1', 'x'.repeat(128)])('keeps the id %s that came with the request', (id) => {
    expect(requestIdOf({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\nb', '<script>', 'é', 'x'.repeat(129), ['a', 'b']])(
    'makes a new one instead of %j',
    (id) => {
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(uuid);
    },
  );
});
