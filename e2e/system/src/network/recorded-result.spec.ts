import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { disturbedNames, faultNames } from './cells.ts';

it('the recorded result has every combination, and no unexpected response', () => {
  const page = readFileSync(new URL('../../../../docs/network-faults.md', import.meta.url), 'utf8');
  const [header = [], , ...rows] = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  expect(header.slice(1)).toEqual(disturbedNames);
  expect(rows.map(([fault]) => fault)).toEqual(faultNames);
  expect(rows.flatMap((row) => row.slice(1)).every((cell) => /^\d{3}.*; \d{3}.*; [\d.]+ s$/.test(cell))).toBe(true);
  expect(page.replaceAll(/\s+/g, ' ')).toContain(
    `${disturbedNames.length * faultNames.length} combinations, ${/(\d+) requests/.exec(page)?.[1]} requests with a key, 0 unexpected responses`,
  );
});
