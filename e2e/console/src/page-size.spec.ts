import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { workspaceRoot } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';

const page = path.join(workspaceRoot, 'apps/console/dist/page');

/** The size of the files of a type that the page loads, in kilobytes, compressed as nginx compresses them. */
function kilobytesOf(type: string): number {
  const html = readFileSync(path.join(page, 'index.html'), 'utf8');
  const files = globSync(`assets/*.${type}`, { cwd: page }).filter((file) => html.includes(path.basename(file)));
  expect(files).not.toEqual([]);
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(page, file))).length, 0) / 1_000;
}

describe('the page', () => {
  it.each([
    ['js', 35],
    ['css', 6],
  ])('loads a limited amount of %s: %d KB', (type, most) => {
    expect(kilobytesOf(type)).toBeLessThanOrEqual(most);
  });

  it('loads nothing from other sites', () => {
    const html = readFileSync(path.join(page, 'index.html'), 'utf8');

    expect(html).not.toMatch(/(?:src|href)="(?!\/console\/)/);
  });
});
