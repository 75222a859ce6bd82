import { describe, expect, it } from 'vitest';
import { InvalidConfigError } from '../config/read-config.ts';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { explainStartFailure, PendingMigrationsError } from './start-failure.ts';

const context = { HOST: '127.0.0.1', PORT: 3000, DATABASE_URL: 'postgres://u:s3cret@db:5432/d' };
const systemError = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code });

describe('explainStartFailure', () => {
  it.each([
    ['EADDRINUSE', 'port 3000 on 127.0.0.1 is already in use. Stop what listens there, or set PORT to another port.'],
    ['EACCES', 'port 3000 on 127.0.0.1 is not open to this user. Set PORT to 1024 or higher.'],
    ['EADDRNOTAVAIL', '127.0.0.1 is not an address of this machine. Set HOST to one, such as 127.0.0.1 or 0.0.0.0.'],
  ])('explains %s and what to do', (code, explanation) => {
    expect(explainStartFailure(systemError(code), context)).toBe(explanation);
  });

  it('names the database without its password', () => {
    const error = new DatabaseUnavailableError(new AggregateError([new Error('connect ECONNREFUSED ::1:5432')]));

    expect(explainStartFailure(error, context)).toBe(
      'the database postgres://u:***@db:5432/d cannot be used (connect ECONNREFUSED ::1:5432). Start it, or correct DATABASE_URL.',
    );
  });

  it.each([
    ['postgres://u@db/d?password=s3cret', 'postgres://u@db/d?password=***'],
    ['postgres:///d?host=/socket&pass%77ord=s3cret&user=u', 'postgres:///d?host=/socket&pass%77ord=***&user=u'],
    ['postgres://u:s3:cr@et@db/d', 'postgres://u:***@db/d'],
  ])('names the database %s as %s', (DATABASE_URL, shown) => {
    const error = new DatabaseUnavailableError(new Error('timeout'));

    expect(explainStartFailure(error, { DATABASE_URL })).toBe(
      `the database ${shown} cannot be used (timeout). Start it, or correct DATABASE_URL.`,
    );
  });

  it.each([
    [new Error('cannot read postgres://u:s3cret@db/d')],
    [Object.assign(new Error('permission denied for postgres://u:s3cret@db/d'), { code: '42501' })],
    [new InvalidConfigError([{ variable: 'X_URL', given: '"http://u:s3cret@h/"', allowed: 'must be less' }])],
    ['http://u:s3cret@h/'],
  ])('shows no password that the message of another error contains (%#)', (error) => {
    expect(explainStartFailure(error)).toMatch(/u:\*\*\*@/);
    expect(explainStartFailure(error)).not.toContain('s3cret');
  });

  it('lists the missing migrations and how to run them', () => {
    expect(explainStartFailure(new PendingMigrationsError('harbour', ['0001-a', '0002-b']))).toBe(
      'the database schema "harbour" lacks 0001-a, 0002-b. ' +
        "Run the service's migrations first: node dist/migrate.js, with the same DATABASE_URL.",
    );
  });

  it('lists the issues of a configuration', () => {
    const error = new InvalidConfigError([{ variable: 'PORT', given: '"x"', allowed: 'must be a port number' }]);

    expect(explainStartFailure(error)).toBe('the configuration is not valid.\n  PORT is "x": must be a port number');
  });

  it('shows the stack of an unexpected error', () => {
    expect(explainStartFailure(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n +at /);
  });
});
