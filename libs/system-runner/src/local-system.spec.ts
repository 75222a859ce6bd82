import { describe, expect, it } from 'vitest';
import { countOf, describeReady } from './local-system.ts';

const replica = (name: string, port: number): { name: string; url: string } => ({
  name,
  url: `http://127.0.0.1:${port}`,
});

describe('the start-up messages', () => {
  it.each([
    [1, 'one account service'],
    [2, 'two account services'],
    [12, '12 account services'],
  ])('write the number %i as a word', (count, words) => {
    expect(countOf(count, 'account')).toBe(words);
  });

  it('list replicas with their ports', () => {
    const [one, two, three] = [replica('a-1', 8081), replica('a-2', 8082), replica('a-3', 8083)];

    expect(describeReady([one])).toBe('a-1 is ready on port 8081');
    expect(describeReady([one, two])).toBe('a-1 and a-2 are ready on ports 8081 and 8082');
    expect(describeReady([one, two, three])).toBe('a-1, a-2, and a-3 are ready on ports 8081, 8082, and 8083');
  });
});
