import { describe, expect, it } from 'vitest';
import { readSource, sourceFiles } from '../workspace.ts';
import { lintPages } from './lint-pages.ts';
import { commandsIn, readPage, readPages } from './pages.ts';

const problems = await lintPages(Object.fromEntries(sourceFiles('**/*.md').map((file) => [file, readSource(file)])));
const pages = await readPages();

describe('a page', () => {
  it.each([...problems])('follows the rules of remark, and its links resolve: %s', (_page, messages) => {
    expect(messages).toEqual([]);
  });

  it.each(pages)('has only diagrams of kinds that GitHub draws: $file', ({ diagrams }) => {
    const kind = /^(?:flowchart (?:TD|LR)|sequenceDiagram|stateDiagram-v2)\n/;

    expect(diagrams.filter((diagram) => !kind.test(diagram))).toEqual([]);
  });
});

describe('lintPages', () => {
  it.each([
    ['a missing file', '[a](missing.md)\n', 'missing.md'],
    ['a missing heading of the page', '# Here\n\n[a](#elsewhere)\n', '#elsewhere'],
    ['a missing heading of another page', '[a](other.md#elsewhere)\n', '`#elsewhere` in `other.md`'],
    ['an undefined reference', '[a][b]\n', 'undefined'],
  ])('reports %s', async (_problem, page, expected) => {
    const found = await lintPages({ 'docs/page.md': page, 'docs/other.md': '# Other\n' });

    expect(found.get('docs/page.md')).toEqual([expect.stringContaining(expected)]);
  });

  it('accepts the badge of a workflow that exists, and of no other', async () => {
    const badge = (workflow: string) => `![CI](../../actions/workflows/${workflow}/badge.svg)\n`;

    expect((await lintPages({ 'README.md': badge('ci.yml') })).get('README.md')).toEqual([]);
    expect((await lintPages({ 'README.md': badge('none.yml') })).get('README.md')).toHaveLength(1);
  });

  it('accepts links to files, folders and headings', async () => {
    const page =
      '# Twice\n\n# Twice\n\n[a](#twice-1) [b](../tools) [c](other.md#see-npm-tests-end) [d](https://x.example)\n';
    const found = await lintPages({ 'docs/page.md': page, 'docs/other.md': "# See `npm test`'s end\n" });

    expect(found.get('docs/page.md')).toEqual([]);
  });
});

describe('the commands of a page', () => {
  const commands = async (...lines: readonly string[]): Promise<readonly string[]> =>
    commandsIn(await readPage('page.md', lines.join('\n')));

  it('are the statements of shell blocks, without comments', async () => {
    expect(await commands('```sh', '# first', 'npm ci   # once', '', "echo '# … text'", 'npm test', '```')).toEqual([
      'npm ci',
      "echo '# … text'",
      'npm test',
    ]);
  });

  it('continue after a backslash, in quotes and until a loop ends', async () => {
    expect(
      await commands(
        '```sh',
        'curl -i url \\',
        "     -d '{",
        '  "a": 1',
        "}'",
        'while true; do',
        '  sleep 1; done',
        '```',
      ),
    ).toEqual(['curl -i url -d \'{\n  "a": 1\n}\'', 'while true; do\n  sleep 1; done']);
  });

  it('are found in lists, in indented lines and in sentences, also across a line break', async () => {
    expect(
      await commands(
        '1. So:',
        '',
        '   ```sh',
        '   kubectl get pods',
        '   ```',
        '',
        'Text',
        '',
        '    npm test',
        '',
        'Or `kind delete',
        'cluster`.',
      ),
    ).toEqual(['kubectl get pods', 'npm test', 'kind delete cluster']);
  });

  it('leave out code that only looks like a command', async () => {
    expect(
      await commands(
        '`kubectl` and `POST /accounts`, `npm run …`',
        '',
        '<!-- `npm test` -->',
        '',
        '```ts',
        'npm test',
        '```',
      ),
    ).toEqual([]);
  });
});
