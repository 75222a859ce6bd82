import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ResultDocument } from './document.ts';
import { page, pageWith, resultFile } from './publication.ts';

describe('docs/performance.md', () => {
  it('tells what docs/performance/library.json holds', async () => {
    const document = JSON.parse(await readFile(resultFile, 'utf8')) as ResultDocument;

    expect(await readFile(page, 'utf8')).toBe(await pageWith(document));
  });
});
