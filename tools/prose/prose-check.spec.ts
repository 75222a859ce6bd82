import { describe, expect, it } from 'vitest';
import { checkProse } from './prose-check.ts';

const found = async (file: string, ...lines: readonly string[]): Promise<readonly string[]> =>
  (await checkProse(file, lines.join('\n'))).map(({ line, ruleId }) => `${line} ${ruleId}`);

describe('checkProse', () => {
  it.each([
    ['a paragraph of Markdown', 'page.md', ['# Title', '', 'The client is told.'], '3 told'],
    ['a heading', 'page.md', ['# What it tells'], '1 told'],
    ['a table cell', 'page.md', ['| a | b |', '| - | - |', '| `x` | Nobody |'], '3 nobody'],
    ['a code block', 'page.md', ['```ts', '// Whatever comes', '```'], '2 whatever'],
    ['a comment of Markdown', 'page.md', ['<!-- written anew -->'], '1 anew'],
    ['a comment of YAML', 'alerts.yml', ['a: 1', '# beside it'], '2 beside'],
    ['a plain value of YAML', 'alerts.yml', ['summary: customer is in trouble'], '1 in-trouble'],
    ['a block value of YAML', 'alerts.yaml', ['summary: |', '  first', '  it heals'], '3 heals'],
    ['a line comment', 'code.ts', ['let a; // reckoned'], '1 reckon'],
    ['a docstring', 'code.ts', ['/**', ' * Calls that were', ' * given up.', ' */', 'let a;'], '3 give-up'],
    ['a string', 'code.ts', ["throw new Error('GIVES UP')"], '1 give-up'],
    ['a template literal', 'code.ts', ['log(`${x} is made up for`);'], '1 made-up-for'],
    [
      'text in JSX',
      'code.tsx',
      ['const a = (', '  <p>', '    <b>Breaker</b> is on trial', '  </p>', ');'],
      '3 on-trial',
    ],
    ['an attribute in JSX', 'code.tsx', ['const a = <p title="besides" />;'], '1 beside'],
    ['a phrase that continues on the next line', 'code.ts', ['// Calls under', '// way end.'], '1 under-way'],
    ['a phrase that continues in a docstring', 'code.ts', ['/** of', ' * late */'], '1 of-late'],
  ])('finds a word in %s', async (_place, file, lines, expected) => {
    expect(await found(file, ...lines)).toEqual([expected]);
  });

  it('names the replacement and the place of each word', async () => {
    expect(await checkProse('page.md', 'Calls that are under way, whoever made them')).toMatchObject([
      { line: 1, column: 16, ruleId: 'under-way', message: expect.stringContaining('in flight or pending') as string },
      { line: 1, column: 27, ruleId: 'somebody', message: expect.stringContaining('name the noun') as string },
    ]);
  });

  it.each([
    ['an identifier', 'code.ts', ['const told = whoever.tells(nobody);', 'type Anew = { beside: number };']],
    ['a module name', 'code.ts', ["import './beside.ts';", "export * from 'told';", "await import('./anew.ts');"]],
    ['part of a word', 'code.ts', ['// a foretold besidest overreckoned word']],
    ['a key of YAML', 'alerts.yml', ['told: 1']],
    ['a code span', 'page.md', ['The function `told` reports.']],
    ['a link target', 'page.md', ['[A page](told.md)']],
  ])('leaves out %s', async (_place, file, lines) => {
    expect(await found(file, ...lines)).toEqual([]);
  });

  it.each([
    ['on the next line', 'code.ts', ['// prose-allow told: a quotation', "say('told');"]],
    ['on the same line', 'code.ts', ["say('told'); // prose-allow told: a quotation"]],
    [
      'in a docstring below',
      'code.ts',
      ['// prose-allow told, anew: quotations', '/**', ' * Told anew.', ' */', 'let a;'],
    ],
    ['in a paragraph', 'page.md', ['Somebody <!-- prose-allow somebody: a quotation --> said so.']],
    ['in the paragraph below', 'page.md', ['<!-- prose-allow told: a quotation -->', '', 'We were told.']],
    ['in a value of YAML', 'alerts.yml', ['# prose-allow heals: a quotation', 'summary: it heals']],
    ['in JSX', 'code.tsx', ['const a = (', '<p>', '{/* prose-allow told: a quotation */}', 'told', '</p>', ');']],
  ])('allows a word %s', async (_place, file, lines) => {
    expect(await found(file, ...lines)).toEqual([]);
  });

  it.each([
    ['another word', ['// prose-allow anew: a quotation', "say('told');"]],
    ['a later line', ['// prose-allow told: a quotation', "say('first');", "say('told');"]],
    ['a word without a reason', ['/* prose-allow anew: */ say("anew");']],
  ])('does not allow %s', async (_what, lines) => {
    expect(await found('code.ts', ...lines)).not.toEqual([]);
  });

  it('reports a file that cannot be parsed', async () => {
    await expect(found('code.ts', 'const =')).rejects.toThrow('code.ts: ');
  });
});
