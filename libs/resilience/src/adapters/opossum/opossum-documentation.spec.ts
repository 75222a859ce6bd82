import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { engineDifferences } from '../../testing/circuit-breaker-contract.ts';
import { opossumLimits } from './opossum.options.ts';

const file = fileURLToPath(new URL('../../../../../docs/opossum.md', import.meta.url));

const limits = table(
  ['option', 'e.g.', 'allowed', 'why: opossum …'],
  opossumLimits.map(({ option, example, allowed, reason }) => [
    `\`${option}\``,
    typeof example === 'function' ? 'a function' : `\`${String(example)}\``,
    allowed,
    reason.replace(/^(?:opossum|it) /, ''),
  ]),
);

const differences = table(
  ['scene', 'sliding-window', 'opossum', 'why'],
  engineDifferences.map(({ title, observed, reason }) => [
    title,
    String(observed['sliding-window']),
    String(observed.opossum),
    reason,
  ]),
);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function fillIn(text: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);
  expect(text).toMatch(place);
  return text.replace(place, (_all, before: string, after: string) => `${before}\n${content}\n\n${after}`);
}

describe('docs/opossum.md', () => {
  it('lists the options that opossum cannot honour, and every difference', async () => {
    const written = await readFile(file, 'utf8');
    const filledIn = fillIn(fillIn(written, 'limits', limits), 'differences', differences);
    const options = await resolveConfig(file);

    const uptodate = await format(filledIn, { ...options, filepath: file });

    // A stale table is written anew by `vitest run src/adapters/opossum --update`.
    await expect(uptodate).toMatchFileSnapshot(file);
  });
});
