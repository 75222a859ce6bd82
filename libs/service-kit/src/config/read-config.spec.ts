import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidConfigError, readConfig, type Environment } from './read-config.ts';
import { serviceVariables, shutdownDelayFits } from './service-config.ts';
import { baseUrls, databaseUrl, decimal, duration, flag, matching, port, trustedProxies } from './variables.ts';

const schema = z
  .object({
    ...serviceVariables('harbour', { port: 4000 }),
    NEIGHBOURS: baseUrls().default(['http://localhost:1']),
    DEMO: flag().default(false),
    SCALE: decimal({ min: 1 }).default(1),
    API_TOKEN: flag().optional(),
  })
  .refine(...shutdownDelayFits);

const valid: Environment = { DATABASE_URL: 'postgres://harbour:s3cret@db:5432/harbour' };

const failureOf = (environment: Environment): unknown => {
  try {
    return readConfig(schema, environment);
  } catch (error) {
    return error;
  }
};

describe('readConfig', () => {
  it('uses the defaults for variables that are not set', () => {
    const config = readConfig(schema, valid);

    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4000,
      LOG_LEVEL: 'info',
      INSTANCE_NAME: `harbour-${process.pid}`,
      SHUTDOWN_DELAY: 3_000,
      SHUTDOWN_TIMEOUT: 10_000,
      DEMO: false,
      SCALE: 1,
    });
  });

  it('treats an empty variable as not set', () => {
    expect(readConfig(schema, { ...valid, PORT: '', DEMO: '' })).toMatchObject({ PORT: 4000, DEMO: false });
  });

  it('reads each kind of variable', () => {
    const config = readConfig(schema, {
      ...valid,
      PORT: '0',
      SHUTDOWN_DELAY: '500ms',
      SHUTDOWN_TIMEOUT: '1.5s',
      NEIGHBOURS: 'http://a:1/, https://b/base/',
      DEMO: 'true',
      SCALE: '2.5',
    });

    expect(config).toMatchObject({
      PORT: 0,
      SHUTDOWN_TIMEOUT: 1_500,
      NEIGHBOURS: ['http://a:1', 'https://b/base'],
      DEMO: true,
      SCALE: 2.5,
    });
  });

  it('lists every invalid variable with its value and what is allowed', () => {
    const failure = failureOf({
      PORT: '70000',
      HOST: 'not a host',
      LOG_LEVEL: 'loud',
      INSTANCE_NAME: 'a b',
      SHUTDOWN_TIMEOUT: 'soon',
      NEIGHBOURS: 'http://a,ftp://b',
      DEMO: 'yes',
      SCALE: '0.5',
    });

    expect(failure).toBeInstanceOf(InvalidConfigError);
    expect(String(failure).split('\n')).toEqual([
      'InvalidConfigError: the configuration is not valid.',
      '  DATABASE_URL is not set: must be a URL such as postgres://user:password@localhost:5432/database',
      '  LOG_LEVEL is "loud": must be one of trace, debug, info, warn, error, fatal, silent',
      '  INSTANCE_NAME is "a b": must be 1 to 64 letters, digits, dots, underscores or dashes',
      '  HOST is "not a host": must be a host name or an IP address',
      '  PORT is "70000": must be a port number from 0 to 65535',
      '  SHUTDOWN_TIMEOUT is "soon": must be a duration such as 500ms, 2s or 1m, at most 3600s',
      '  NEIGHBOURS is "http://a,ftp://b": must be one or more URLs such as http://localhost:3001, comma separated',
      '  DEMO is "yes": must be true or false',
      '  SCALE is "0.5": must be a number of at least 1',
    ]);
  });

  it.each([
    ['0ms', '0ms'],
    ['4s', '10s'],
    ['4999ms', '10s'],
  ])('accepts a shutdown delay of %s with a timeout of %s', (SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT) => {
    expect(() => readConfig(schema, { ...valid, SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT })).not.toThrow();
  });

  it('refuses a shutdown delay that leaves no time for the rest, and lists it with other issues', () => {
    expect(String(failureOf({ ...valid, SHUTDOWN_DELAY: '5s', PORT: 'x' }))).toContain(
      'SHUTDOWN_DELAY is "5s": must be less than half of SHUTDOWN_TIMEOUT (default 3s), since idle connections get the same time again',
    );
    expect(String(failureOf({ ...valid, SHUTDOWN_DELAY: '61s', SHUTDOWN_TIMEOUT: '5m' }))).toContain(
      'SHUTDOWN_DELAY is "61s": must be a duration such as 500ms, 2s or 1m, at most 60s',
    );
  });

  it('does not show secrets', () => {
    const failure = String(failureOf({ DATABASE_URL: 'mysql://u:s3cret@h/d', API_TOKEN: 'hunter2' }));

    expect(failure).toContain('DATABASE_URL is (not shown): must be a URL');
    expect(failure).toContain('API_TOKEN is (not shown)');
    expect(failure).not.toMatch(/s3cret|hunter2/);
  });
});

const fileSchema = z.object({
  DATABASE_URL: databaseUrl(),
  PORT: port().default(4000),
  API_TOKEN: matching(/^[!-~]{8,}$/, 'at least 8 visible characters').optional(),
  DEMO: flag().default(false),
});

const url = 'postgres://harbour:s3cret@db:5432/harbour';

describe('a variable in a file', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'breakwater-secrets-'));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  function file(name: string, content: string): string {
    const created = path.join(directory, name);
    writeFileSync(created, content);
    return created;
  }

  function issuesOf(environment: Environment): string[] {
    try {
      readConfig(fileSchema, environment);
      return [];
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidConfigError);
      return String(error).split('\n').slice(1);
    }
  }

  it.each(['', '\n', '\r\n', '\n\n'])('has the content of the file as its value, without a trailing %j', (end) => {
    const environment = { DATABASE_URL_FILE: file('url', url + end), API_TOKEN_FILE: file('token', `t0ken  x ${end}`) };

    expect(readConfig(z.object({ DATABASE_URL: databaseUrl(), API_TOKEN: z.string() }), environment)).toEqual({
      DATABASE_URL: url,
      API_TOKEN: 't0ken  x ',
    });
  });

  it('is read for the variables of the schema only', () => {
    const config = readConfig(fileSchema, {
      DATABASE_URL: url,
      PORT_FILE: file('port', '5000\n'),
      DEMO_FILE: '',
      OTHER_FILE: '/nowhere',
    });

    expect(config).toEqual({ DATABASE_URL: url, PORT: 5000, DEMO: false });
  });

  it('replaces an empty variable', () => {
    expect(readConfig(fileSchema, { DATABASE_URL: '', DATABASE_URL_FILE: file('url', url) })).toMatchObject({
      DATABASE_URL: url,
    });
  });

  it('is refused together with the variable itself', () => {
    const urlFile = file('url', url);

    expect(issuesOf({ DATABASE_URL: url, DATABASE_URL_FILE: urlFile })).toEqual([
      `  DATABASE_URL_FILE is "${urlFile}": must not be set together with DATABASE_URL; unset one of them`,
    ]);
  });

  it('is listed with all other issues, with its file and the reason, without its content', () => {
    const [empty, wrong] = [file('empty', '\n'), file('wrong', 'hunter2')];

    expect(
      issuesOf({ DATABASE_URL_FILE: '/nowhere/url', API_TOKEN_FILE: wrong, DEMO_FILE: empty, PORT: 'http' }),
    ).toEqual([
      '  DATABASE_URL_FILE is "/nowhere/url": must name a file that can be read (ENOENT: no such file or directory)',
      `  DEMO_FILE is "${empty}": must name a file that is not empty`,
      '  PORT is "http": must be a port number from 0 to 65535',
      '  API_TOKEN is (not shown, from its file): must be at least 8 visible characters',
    ]);
    expect(issuesOf({ DATABASE_URL_FILE: directory })).toEqual([
      `  DATABASE_URL_FILE is "${directory}": must name a file that can be read (EISDIR: illegal operation on a directory)`,
    ]);
  });
});

describe('a duration', () => {
  it.each([
    ['0ms', 0],
    ['250', 250],
    ['1.5s', 1_500],
    ['PT1H', 3_600_000],
  ])('reads %s as %i ms', (text, ms) => {
    expect(duration().parse(text)).toBe(ms);
  });

  it.each(['', 's', '-1s', '1e3', 'PT', '61m', 'Infinity'])('refuses %j', (text) => {
    expect(duration().safeParse(text).success).toBe(false);
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['2', 2],
    ['10.0.0.1', ['10.0.0.1']],
    ['loopback, 10.0.0.0/8,fd00::/8', ['loopback', '10.0.0.0/8', 'fd00::/8']],
  ])('reads %s', (text, trusted) => {
    expect(trustedProxies().parse(text)).toEqual(trusted);
  });

  it.each(['0', '11', 'true', '*', 'gateway', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129', ','])(
    'refuses %s',
    (text) => {
      expect(trustedProxies().safeParse(text).success).toBe(false);
    },
  );
});
