import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment, workspaceRoot } from '@breakwater/system-runner';
import type { Arm } from './arm.ts';

/** Account before its requests became cheaper. The bare service has to be much cheaper than this to be a limit. */
const commit = '5046a20';

/** Outside the repository, because a folder inside would find the packages of today. It stays for the next run. */
const folder = path.join(tmpdir(), `breakwater-account-${commit}`);
const complete = path.join(folder, 'complete');
const compiled = (entry: string): string => path.join(folder, 'apps/account/dist', `${entry}.js`);

export const earlierAccount: Arm = {
  name: commit,
  async build({ signal, say }) {
    const run = (command: string, args: readonly string[], cwd: string) =>
      promisify(execFile)(command, args, { cwd, signal, env: childEnvironment(), maxBuffer: 2 ** 26 });

    const found = await run('git', ['cat-file', '-e', `${commit}^{commit}`], workspaceRoot).catch(() => undefined);
    if (found === undefined) return { notChecked: `the repository lacks commit ${commit}, as a shallow clone does` };
    if (!existsSync(complete)) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const archive = path.join(folder, 'archive.tar');
      await run('git', ['archive', '--output', archive, commit], workspaceRoot);
      await run('tar', ['-xf', archive], folder);
      say(`services: installing the packages of ${commit}, which takes a minute or two`);
      try {
        await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
      } catch (error) {
        signal.throwIfAborted();
        return { notChecked: `its packages cannot be installed: ${(error as Error).message.split('\n', 1)[0]}` };
      }
      await run(
        process.execPath,
        ['node_modules/typescript/bin/tsc', '-b', 'apps/account/tsconfig.build.json'],
        folder,
      );
      writeFileSync(complete, '');
    }
    const node = (entry: string): readonly string[] => [process.execPath, '--enable-source-maps', compiled(entry)];
    return { name: commit, command: node('main'), migrate: node('migrate') };
  },
};
