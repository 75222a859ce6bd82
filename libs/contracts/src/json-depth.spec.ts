import { describe, expect, it } from 'vitest';
import { isDeeperThan } from './json-depth.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('isDeeperThan', () => {
  it('accepts the maximal depth, and no more', () => {
    expect(isDeeperThan(nested(32), 32)).toBe(false);
    expect(isDeeperThan(nested(33), 32)).toBe(true);
  });

  it.each([
    ['one after the other', `[${Array.from({ length: 100 }, () => '{"a":[]}').join(',')}]`],
    ['in a string', JSON.stringify(['[[[[{{{{', '\\"[[[['])],
    ['in a key', JSON.stringify({ '[[[["\\': 1 })],
    ['behind an escaped quote', '["\\"[[[["]'],
    ['behind an escaped backslash', '["\\\\",[],[]]'],
  ])('does not count brackets %s', (_, json) => {
    expect(isDeeperThan(json, 3)).toBe(false);
  });

  it('counts objects and arrays', () => {
    expect(isDeeperThan('{"a":[{"b":1}]}', 2)).toBe(true);
  });

  it('ends on text that is not JSON', () => {
    expect(isDeeperThan('"[[[[\\', 3)).toBe(false);
    expect(isDeeperThan(']]]][', 3)).toBe(false);
  });
});
