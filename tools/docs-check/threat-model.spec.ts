import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../workspace.ts';

const page = readFileSync(path.join(workspaceRoot, 'docs/threat-model.md'), 'utf8');

/** The tests that the page names, with the files that have them. */
const tests = [...page.matchAll(/\[“(?<title>[^”]+)”\]\(\.\.\/(?<file>[^)]+)\)/g)].map(({ groups }) => ({
  title: String(groups?.['title']).replaceAll(/\s+/g, ' '),
  file: String(groups?.['file']),
}));

/** The promises: every item of the sections before “Not promised”. */
const promises = (page.split('## Not promised')[0] ?? '').split(/^- /m).slice(1);

describe('the threat model', () => {
  it.each(tests)('names a test that exists: $title', ({ title, file }) => {
    expect(existsSync(path.join(workspaceRoot, file))).toBe(true);
    const source = readFileSync(path.join(workspaceRoot, file), 'utf8');
    // Titles are in single quotes, unless they contain one.
    expect([`'${title}`, `"${title}`].some((written) => source.includes(written))).toBe(true);
  });

  it.each(promises)('names a test for each promise: %s', (promise) => {
    expect(promise).toMatch(/\[“/);
  });
});
