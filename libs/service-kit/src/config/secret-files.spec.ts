import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Environment } from './config-fault.ts';
import { InvalidConfigError, readConfig } from './read-config.ts';
import { databaseUrl, flag, matching, port } from './variables.ts';

const schema = z.object({
  DATABASE_URL: databaseUrl(),
  PORT: port().default(4000),
  API_TOKEN: matching(/^[!-~]{8,}$/, 'at least 8 visible characters').optional(),
  DEMO: flag().default(false),
});

const url = 'postgres://harbour:s3cret@db:5432/harbour';

describe('a variable from a file', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'breakwater-secrets-'));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  function file(name: string, content: string): string {
    const place = path.join(directory, name);
    writeFileSync(place, content);
    return place;
  }

  function faultsOf(environment: Environment): string[] {
    try {
      readConfig(schema, environment);
      return [];
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidConfigError);
      return String(error).split('\n').slice(1);
    }
  }

  it.each(['', '\n', '\r\n', '\n\n'])('has the value of the file, whose last line may end in %j', (end) => {
    const environment = { DATABASE_URL_FILE: file('url', url + end), API_TOKEN_FILE: file('token', `t0ken  x ${end}`) };

    expect(readConfig(z.object({ DATABASE_URL: databaseUrl(), API_TOKEN: z.string() }), environment)).toEqual({
      DATABASE_URL: url,
      API_TOKEN: 't0ken  x ',
    });
  });

  it('may be any of the schema, and no other', () => {
    const config = readConfig(schema, {
      DATABASE_URL: url,
      PORT_FILE: file('port', '5000\n'),
      DEMO_FILE: '',
      OTHER_FILE: '/nowhere',
    });

    expect(config).toEqual({ DATABASE_URL: url, PORT: 5000, DEMO: false });
  });

  it('takes the place of a variable that is set to nothing', () => {
    expect(readConfig(schema, { DATABASE_URL: '', DATABASE_URL_FILE: file('url', url) })).toMatchObject({
      DATABASE_URL: url,
    });
  });

  it('is refused beside the variable itself', () => {
    const place = file('url', url);

    expect(faultsOf({ DATABASE_URL: url, DATABASE_URL_FILE: place })).toEqual([
      `  DATABASE_URL_FILE is "${place}": must not be set beside DATABASE_URL; unset one of the two`,
    ]);
  });

  it('is listed with every other fault, by its file and the reason, without what is in it', () => {
    const [empty, wrong] = [file('empty', '\n'), file('wrong', 'hunter2')];

    expect(
      faultsOf({ DATABASE_URL_FILE: '/nowhere/url', API_TOKEN_FILE: wrong, DEMO_FILE: empty, PORT: 'http' }),
    ).toEqual([
      '  DATABASE_URL_FILE is "/nowhere/url": must name a file that can be read (ENOENT: no such file or directory)',
      `  DEMO_FILE is "${empty}": must name a file that is not empty`,
      '  PORT is "http": must be a port number from 0 to 65535',
      '  API_TOKEN is (not shown, from its file): must be at least 8 visible characters',
    ]);
    expect(faultsOf({ DATABASE_URL_FILE: directory })).toEqual([
      `  DATABASE_URL_FILE is "${directory}": must name a file that can be read (EISDIR: illegal operation on a directory)`,
    ]);
  });
});
