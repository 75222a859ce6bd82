import { migrateAccount } from '@breakwater/account/testing';
import { startLocalPostgres, withClient } from '@breakwater/system-runner/postgres';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually, startReplica } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

/** A small disk of its own, for a part of one database. */
function mount(size: string): { disk: string; isMounted: boolean } {
  const disk = mkdtempSync(path.join(tmpdir(), 'breakwater-disk-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]).status === 0;
  return { disk, isMounted };
}

/** One for tables, and one for several of the write-ahead log's files of 16 MB. */
const disks = [mount('32m'), mount('96m')] as const;
const canMount = disks.every(({ isMounted }) => isMounted);

afterAll(() => {
  for (const { disk, isMounted } of disks) {
    if (isMounted) spawnSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});

/** Fills a disk with a file of others. @returns removes it */
function fill(disk: string): () => void {
  const file = path.join(disk, 'others');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(file, Buffer.alloc(bavail * bsize));
  return () => rmSync(file);
}

if (!canMount) process.stderr.write('NOT CHECKED: a full disk, because only root can mount a small one.\n');

describe.runIf(canMount)('account while the disk of its database is full', () => {
  it('serves reads, refuses writes with 503, stores nothing of them, and continues when there is room', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
    const [{ disk }] = disks;
    const { uid, gid } = statSync(server.directory);
    chownSync(disk, uid, gid);
    await withClient(server.url, async (client) => {
      await client.query(`create tablespace small location '${disk}'`);
      await client.query('create database small tablespace small');
    });
    const databaseUrl = new URL(server.url);
    databaseUrl.pathname = '/small';
    await migrateAccount(databaseUrl.href);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = await startReplica(databaseUrl.href, { CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());
    let opened = 0;
    const open = async () => {
      const response = await account.open('c-1001').set('idempotency-key', `k-${opened}`);
      if (response.status === 201) opened += 1;
      return response;
    };
    const { headers } = await account.open('c-1001').expect(201);
    const location = String(headers['location']);

    const makeRoom = fill(disk);
    // There may be room in pages that exist.
    const refused = await eventually(async () => {
      const response = await open();
      expect(response.status).not.toBe(201);
      return response;
    });
    const refusedAgain = await open();
    const read = await account.http().get(location);
    const ready = await account.http().get('/health/ready');

    for (const { status, headers: sent, body } of [refused, refusedAgain]) {
      expect([status, sent['retry-after'], body]).toEqual([
        503,
        '1',
        expect.objectContaining({ type: 'urn:breakwater:problem:database-unavailable' }),
      ]);
    }
    expect([read.status, ready.status]).toEqual([200, 200]);

    makeRoom();
    const before = opened;
    await eventually(async () => expect((await open()).status).toBe(201));
    expect(opened).toBe(before + 1);
    const { rows } = await withClient(databaseUrl.href, (client) =>
      client.query<{ accounts: string }>('select count(*) as accounts from account.accounts'),
    );
    expect(Number(rows[0]?.accounts)).toBe(opened + 1);
  });

  it('responds as without a database while PostgreSQL has stopped for lack of room for its write-ahead log', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
    const [, { disk }] = disks;
    const log = path.join(server.directory, 'data', 'pg_wal');
    await server.halt();
    cpSync(log, disk, { recursive: true });
    rmSync(log, { recursive: true });
    symlinkSync(disk, log);
    const { uid, gid } = statSync(server.directory);
    for (const file of ['.', ...readdirSync(disk, { recursive: true, encoding: 'utf8' })])
      chownSync(path.join(disk, file), uid, gid);
    chmodSync(disk, 0o700);
    await server.resume();
    await migrateAccount(server.url);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = await startReplica(server.url, { CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());
    const open = (key: string) => account.open('c-1001').set('idempotency-key', key);
    const { headers } = await open('k-0').expect(201);
    await account.http().get('/health/ready').expect(200);

    const makeRoom = fill(disk);
    let keys = 0;
    const refused = await eventually(async () => {
      // The next change needs another file of the log.
      await withClient(server.url, (client) => client.query('select pg_switch_wal()')).catch(() => {});
      keys += 1;
      const response = await open(`k-${keys}`);
      expect(response.status).not.toBe(201);
      return response;
    });
    const ready = await account.http().get('/health/ready');

    expect([refused.status, refused.headers['retry-after'], refused.body]).toEqual([
      503,
      '1',
      expect.objectContaining({ type: 'urn:breakwater:problem:database-unavailable' }),
    ]);
    expect(ready.status).toBe(200);

    makeRoom();
    await eventually(async () => {
      await server.resume();
      expect((await open(`k-${keys}`)).status).toBe(201);
    });
    await account.http().get(String(headers['location'])).expect(200);
    const { rows } = await withClient(server.url, (client) =>
      client.query<{ keys: string; accounts: string }>(
        'select (select count(*) from account.idempotency_keys) as keys, (select count(*) from account.accounts) as accounts',
      ),
    );
    // Each key has one account, with the one that was refused first.
    expect(rows).toEqual([{ keys: String(keys + 1), accounts: String(keys + 1) }]);
  });
});
