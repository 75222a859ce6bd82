import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { register } from './command-register.ts';
import { pagePaths, readPage, workspaceRoot } from './documents.ts';
import { runInShell } from './run-command.ts';
import { shellCommandsOf } from './shell-commands.ts';

const commands = new Set(pagePaths.flatMap((page) => shellCommandsOf(readPage(page))));
const cases = [...commands].flatMap((command) => {
  const how = register[command];
  return how !== undefined && 'verbatim' in how && how.verbatim === 'in the project'
    ? [{ command, says: how.says, leaves: how.leaves ?? [], exits: how.exits ?? 0 }]
    : [];
});

describe('as it stands in the documentation', () => {
  it.each(cases)('$command does what is said of it', async ({ command, says, leaves, exits }) => {
    const read = (): string[] => leaves.map((file) => readFileSync(path.join(workspaceRoot, file), 'utf8'));
    const before = read();

    const { exitCode, said } = await runInShell(command, {
      cwd: workspaceRoot,
      timeLimitMs: 240_000,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    });

    expect({ exitCode, said }).toEqual({ exitCode: exits, said: expect.stringContaining(says) });
    expect(read(), `${leaves.join(', ')}: committed as it is generated`).toEqual(before);
  });
});
