import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { workspaceRoot } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';

const page = path.join(workspaceRoot, 'apps/console/dist/page');

/** What a browser loads of a kind, compressed as nginx compresses it, in kilobytes. */
function kilobytesOf(kind: string): number {
  const files = globSync(`assets/*.${kind}`, { cwd: page });
  expect(files).not.toEqual([]);
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(page, file))).length, 0) / 1_000;
}

describe('the page', () => {
  it.each([
    ['js', 45],
    ['css', 5],
  ])('has at most so much %s: %d KB', (kind, most) => {
    expect(kilobytesOf(kind)).toBeLessThanOrEqual(most);
  });

  it('asks for nothing from elsewhere', () => {
    const html = readFileSync(path.join(page, 'index.html'), 'utf8');

    expect(html).not.toMatch(/(?:src|href)="(?!\/console\/)/);
  });
});
