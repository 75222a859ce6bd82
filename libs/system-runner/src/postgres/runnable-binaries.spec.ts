import { cp, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findBinaries } from './binaries.ts';
import { run } from './program.ts';
import { runnableBinaries } from './runnable-binaries.ts';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'breakwater-binaries-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('runnableBinaries', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });

  it('leaves programs that run where they are', async () => {
    const binaries = await findBinaries();

    await expect(runnableBinaries(binaries, directory, undefined)).resolves.toBe(binaries);
  });

  // Where libraries are no links to one another, nothing can be missing.
  it.runIf(process.platform === 'linux')('makes up for links that were not made at installation', async () => {
    const native = path.join(await temporaryDirectory(), 'native');
    await cp(path.dirname(path.dirname((await findBinaries()).postgres)), native, {
      recursive: true,
      filter: async (file) => !(await lstat(file)).isSymbolicLink(),
    });
    const broken = { postgres: path.join(native, 'bin/postgres'), initdb: path.join(native, 'bin/initdb') };

    const { postgres } = await runnableBinaries(broken, directory, undefined);

    expect(postgres).toBe(path.join(directory, 'native/bin/postgres'));
    await expect(run(postgres, ['--version'], undefined)).resolves.toBeUndefined();
  });

  it('says in one line that they cannot be made to run', async () => {
    const native = path.join(await temporaryDirectory(), 'native');
    await cp(import.meta.dirname, path.join(native, 'bin'), { recursive: true });
    const none = { postgres: path.join(native, 'bin/postgres'), initdb: path.join(native, 'bin/initdb') };

    await expect(runnableBinaries(none, directory, undefined)).rejects.toThrow(
      /^The PostgreSQL that npm installed does not run on this machine \(.*\): .*ENOENT.*\. Set DATABASE_URL to a PostgreSQL 15 or newer\.$/,
    );
    expect(await readdir(directory)).toEqual(['native']);
  });
});
