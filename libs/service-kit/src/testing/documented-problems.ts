import { readFileSync } from 'node:fs';
import type { ProblemCatalogue } from '../problem-details/problem-catalogue.ts';

const page = new URL('../../../../docs/problems.md', import.meta.url);

/**
 * The problems that `docs/problems.md` lists beneath a heading, in the form of a catalogue, to be compared with the one in
 * code. Empty where there is no such heading.
 */
export function documentedProblems(heading: string): ProblemCatalogue {
  const section =
    readFileSync(page, 'utf8')
      .split(/^## /m)
      .find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return Object.fromEntries(
    rows.map(([, name = '', status = '', title = '', when = '', remedy = '']) => [
      name.replaceAll('`', ''),
      { status: Number(status), title, when, remedy },
    ]),
  );
}
