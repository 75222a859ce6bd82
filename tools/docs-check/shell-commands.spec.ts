import { describe, expect, it } from 'vitest';
import { readMarkdown } from './markdown.ts';
import { shellCommandsOf } from './shell-commands.ts';

const commandsIn = (...lines: readonly string[]): readonly string[] => shellCommandsOf(readMarkdown(lines.join('\n')));

describe('the commands of a page', () => {
  it('are the lines of its shell blocks, without comments', () => {
    expect(commandsIn('```sh', '# first of all', 'npm ci   # once', '', "echo '# no comment'", '```')).toEqual([
      'npm ci',
      "echo '# no comment'",
    ]);
  });

  it('go on behind a backslash, within quotes and until a loop is done', () => {
    expect(
      commandsIn('```sh', 'curl -i url \\', "     -d '{", '  "a": 1', "}'", 'while true; do', '  sleep 1; done', '```'),
    ).toEqual(['curl -i url -d \'{\n  "a": 1\n}\'', 'while true; do\n  sleep 1; done']);
  });

  it('are found in lists, in indented lines and within sentences, also across the end of a line', () => {
    expect(
      commandsIn(
        '1. So:',
        '',
        '   ```sh',
        '   kubectl get pods',
        '   ```',
        '',
        '    npm test',
        '',
        'Or `kind delete',
        'cluster`.',
      ),
    ).toEqual(['kubectl get pods', 'npm test', 'kind delete cluster']);
  });

  it('are not what only looks like one', () => {
    expect(
      commandsIn('`kubectl` and `POST /accounts`, `npm run …`', '<!-- `npm test` -->', '```ts', 'npm test', '```'),
    ).toEqual([]);
  });
});
