import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { followVariable, readAgain, readConfig } from './read-config.ts';
import { databaseUrl, matching } from './variables.ts';

const schema = z.object({
  DATABASE_URL: databaseUrl(),
  API_TOKEN: matching(/^[!-~]{8,}$/, 'at least 8 visible characters').optional(),
});

// https://github.com/spring-cloud/spring-cloud-vault/issues/152
describe('a variable whose file is replaced while the process runs (spring-cloud-vault#152)', () => {
  let directory: string;
  let version = 0;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'breakwater-secrets-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
  });

  /** Writes the files as Kubernetes does: into a new folder, to which the link `..data` then points. */
  function mount(files: Record<string, string>): void {
    version += 1;
    const folder = path.join(directory, `..v${version}`);
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(path.join(folder, name), content);
      if (version === 1) symlinkSync(path.join('..data', name), path.join(directory, name));
    }
    symlinkSync(path.basename(folder), path.join(directory, '..next'));
    renameSync(path.join(directory, '..next'), path.join(directory, '..data'));
  }

  const read = () => {
    version = 0;
    mount({ url: 'postgres://u:first@db/d', token: 'first-token\n' });
    return readConfig(schema, {
      DATABASE_URL_FILE: path.join(directory, 'url'),
      API_TOKEN_FILE: path.join(directory, 'token'),
    });
  };

  it('is read again when asked for, also through the symbolic links of Kubernetes', () => {
    const config = read();

    mount({ url: 'postgres://u:second@db/d\n', token: 'second-token' });

    expect(config.DATABASE_URL).toBe('postgres://u:first@db/d');
    expect(readAgain(config, 'DATABASE_URL')).toBe('postgres://u:second@db/d');
  });

  it('applies within 10 s, and is not read for every request', () => {
    const config = read();
    let now = 0;
    const token = followVariable(config, 'API_TOKEN', () => now);

    mount({ url: 'postgres://u:second@db/d', token: 'second-token' });
    now = 1_000;
    const soon = token();
    now = 10_000;

    expect([soon, token()]).toEqual(['first-token', 'second-token']);
  });

  it.each([
    ['is empty', { token: '' }],
    ['is not valid', { token: 'short' }],
    ['is missing', {}],
  ])('keeps its last value while the file %s, and recovers', (_, files) => {
    let now = 0;
    const token = followVariable(read(), 'API_TOKEN', () => now);
    const after = () => {
      now += 10_000;
      return token();
    };

    mount({ url: 'postgres://u:second@db/d', token: 'second-token' });
    const replaced = after();
    mount({ url: 'postgres://u:third@db/d', ...files });
    const broken = after();
    mount({ url: 'postgres://u:fourth@db/d', token: 'fourth-token' });

    expect([replaced, broken, after()]).toEqual(['second-token', 'second-token', 'fourth-token']);
  });

  it('does not change when its value is in the variable itself', () => {
    const config = readConfig(schema, { DATABASE_URL: 'postgres://u@db/d', API_TOKEN: 'constant-token' });
    let now = 0;
    const token = followVariable(config, 'API_TOKEN', () => (now += 10_000));

    expect([token(), token(), readAgain(config, 'DATABASE_URL')]).toEqual([
      'constant-token',
      'constant-token',
      undefined,
    ]);
  });
});
