import { migrateAccount } from '@breakwater/account/testing';
import { startLocalPostgres, withClient } from '@breakwater/system-runner/postgres';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually, startReplica } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

/** A disk of its own, for the data of one database. */
const disk = mkdtempSync(path.join(tmpdir(), 'breakwater-disk-'));
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]).status === 0;

afterAll(() => {
  if (canMount) spawnSync('umount', ['--lazy', disk]);
  rmSync(disk, { recursive: true, force: true });
});

if (!canMount) process.stderr.write('NOT CHECKED: a full disk, because only root can mount a small one.\n');

describe.runIf(canMount)('account while the disk of its database is full', () => {
  it('serves reads, refuses writes with 503, stores nothing of them, and continues when there is room', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
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

    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(path.join(disk, 'others'), Buffer.alloc(bavail * bsize));
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

    rmSync(path.join(disk, 'others'));
    const before = opened;
    await eventually(async () => expect((await open()).status).toBe(201));
    expect(opened).toBe(before + 1);
    const { rows } = await withClient(databaseUrl.href, (client) =>
      client.query<{ accounts: string }>('select count(*) as accounts from account.accounts'),
    );
    expect(Number(rows[0]?.accounts)).toBe(opened + 1);
  });
});
