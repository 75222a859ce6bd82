import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Environment } from './config-fault.ts';
import { InvalidConfigError, readConfig } from './read-config.ts';
import { serviceVariables, shutdownDelayFits } from './service-config.ts';
import { baseUrls, decimal, flag } from './variables.ts';

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
  it('takes the defaults for what is not set', () => {
    const config = readConfig(schema, valid);

    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4000,
      LOG_LEVEL: 'info',
      INSTANCE_NAME: `harbour-${process.pid}`,
      SHUTDOWN_DELAY: 0,
      SHUTDOWN_TIMEOUT: 10_000,
      DEMO: false,
      SCALE: 1,
    });
  });

  it('counts an empty text as not set', () => {
    expect(readConfig(schema, { ...valid, PORT: '', DEMO: '' })).toMatchObject({ PORT: 4000, DEMO: false });
  });

  it('reads each kind of variable', () => {
    const config = readConfig(schema, {
      ...valid,
      PORT: '0',
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

  it('lists every fault with the variable, what was given and what is allowed', () => {
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
  ])('lets a shutdown begin with a delay of %s where all of it may take %s', (SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT) => {
    expect(() => readConfig(schema, { ...valid, SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT })).not.toThrow();
  });

  it('leaves time to shut down in after the delay, and says so beside other faults', () => {
    expect(String(failureOf({ ...valid, SHUTDOWN_DELAY: '5s', PORT: 'x' }))).toContain(
      'SHUTDOWN_DELAY is "5s": must be less than half of SHUTDOWN_TIMEOUT, since idle connections are given as much again',
    );
    expect(String(failureOf({ ...valid, SHUTDOWN_DELAY: '61s', SHUTDOWN_TIMEOUT: '5m' }))).toContain(
      'SHUTDOWN_DELAY is "61s": must be a duration such as 500ms, 2s or 1m, at most 60s',
    );
  });

  it('does not repeat a secret', () => {
    const failure = String(failureOf({ DATABASE_URL: 'mysql://u:s3cret@h/d', API_TOKEN: 'hunter2' }));

    expect(failure).toContain('DATABASE_URL is (not shown): must be a URL');
    expect(failure).toContain('API_TOKEN is (not shown)');
    expect(failure).not.toMatch(/s3cret|hunter2/);
  });
});
