import { describe, expect, it } from 'vitest';
import { countOf, readyOn } from './wording.ts';

const replica = (name: string, port: number): { name: string; url: string } => ({
  name,
  url: `http://127.0.0.1:${port}`,
});

describe('what a system says of its replicas', () => {
  it.each([
    [1, 'one account service'],
    [2, 'two account services'],
    [12, '12 account services'],
  ])('counts %i in words', (count, words) => {
    expect(countOf(count, 'account')).toBe(words);
  });

  it('names them with their ports', () => {
    const [one, two, three] = [replica('a-1', 8081), replica('a-2', 8082), replica('a-3', 8083)];

    expect(readyOn([one])).toBe('a-1 is ready on port 8081');
    expect(readyOn([one, two])).toBe('a-1 and a-2 are ready on ports 8081 and 8082');
    expect(readyOn([one, two, three])).toBe('a-1, a-2, and a-3 are ready on ports 8081, 8082, and 8083');
  });
});
