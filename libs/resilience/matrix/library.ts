import { join } from 'node:path';
import { run } from '../packaging/bare-application.ts';

/** The last commit that changed what is packed as code, with `*` if there are changes since. */
export async function commitOfLibrary(): Promise<string> {
  const paths = ['src', ':!src/**/*.spec.ts', 'packaging/build.ts', 'package.json'];
  const git = (...args: readonly string[]) => run(join(import.meta.dirname, '..'), 'git', [...args, '--', ...paths]);
  const { output: commit } = await git('log', '-1', '--format=%h');
  const { output: changes } = await git('status', '--porcelain');
  return commit.trim() + (changes === '' ? '' : '*');
}
