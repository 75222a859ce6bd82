import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { contractFiles } from './generate.ts';

const files = await contractFiles();

describe('the generated types', () => {
  it.each(files)('are those of the committed OpenAPI document: $path', async ({ path, content }) => {
    expect(await readFile(path, 'utf8')).toBe(content);
  });
});
