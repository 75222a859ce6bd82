import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findDatabaseUrlFault } from './database-url.ts';
import { readConfig } from './read-config.ts';
import { databaseUrl } from './variables.ts';

const schema = z.object({ DATABASE_URL: databaseUrl() });

// https://github.com/timgit/pg-boss/issues/447
describe('DATABASE_URL (pg-boss#447)', () => {
  it.each([
    ['postgres://u:p@db/d', { host: 'db', database: 'd' }],
    ['postgresql://u:p@[::1]:5433/d', { host: '::1', database: 'd' }],
    ['postgres://u@/d?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'd' }],
    ['postgres://u:p%40ss@/d?host=/socket&port=5433', { host: '/socket', database: 'd' }],
    ['postgres:///d?host=/socket&user=u', { host: '/socket', database: 'd' }],
    ['postgres://u@%2Fsocket/d', { host: '/socket', database: 'd' }],
    ['postgres://u:p@db/d?sslmode=no-verify&connect_timeout=10&channel_binding=require', { host: 'db', database: 'd' }],
    ['postgres://u:p@db/d?target_session_attrs=any&load_balance_hosts=disable', { host: 'db', database: 'd' }],
  ])('accepts %s, and the driver connects to the host and the database that it names', (url, expected) => {
    const { DATABASE_URL } = readConfig(schema, { DATABASE_URL: url });

    const { host, database, user } = new Client({ connectionString: DATABASE_URL });
    expect({ host, database, user }).toEqual({ ...expected, user: 'u' });
  });

  const severalHosts = 'must name one host: several are not supported; use an address that always leads to the primary';

  it.each([
    ['postgres://u:p@db1,db2/d?target_session_attrs=read-write', severalHosts],
    ['postgres://u:p@db1:5432,db2:5433/d', severalHosts],
    ['postgres://u@/d?host=db1,db2', severalHosts],
    ['postgres://u@/d?host=/socket&port=5432,5433', severalHosts],
    [
      'postgres://u:p@db/d?target_session_attrs=read-write',
      'must not have target_session_attrs, which is not supported: use an address that always leads to the primary',
    ],
    [
      'postgres://u:p@db?dbname=d',
      'must not have dbname, which is not supported: put the name of the database after the slash',
    ],
    [
      'postgres://u@db/d?passfile=/run/secrets/pgpass',
      'must not have passfile, which is not supported: put the password in the URL, and the URL in a file (DATABASE_URL_FILE)',
    ],
    ['mysql://u:p@db/d', 'must be a URL such as postgres://user:password@localhost:5432/database'],
    ['host=db dbname=d', 'must be a URL such as postgres://user:password@localhost:5432/database'],
    ['postgres://u:p@db:port/d', 'must be a URL such as postgres://user:password@localhost:5432/database'],
  ])('refuses %s and names the part that is not supported', (url, allowed) => {
    expect(() => readConfig(schema, { DATABASE_URL: url })).toThrow(
      `the configuration is not valid.\n  DATABASE_URL is (not shown): ${allowed}`,
    );
  });

  it('names every ignored parameter', () => {
    for (const name of ['dbname', 'hostaddr', 'load_balance_hosts', 'passfile', 'service', 'target_session_attrs'])
      expect(findDatabaseUrlFault(`postgres://u@db/d?${name}=x`)).toContain(`must not have ${name}, `);
  });
});
