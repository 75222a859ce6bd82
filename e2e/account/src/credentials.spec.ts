import { migrateAccount } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';

const execute = (url: string, sql: string) => withClient(url, (client) => client.query(sql));

/** A folder of secrets as Kubernetes mounts it: each change is a new folder, to which a symbolic link then points. */
function mountSecrets(first: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-secrets-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  let version = 0;
  const replace = (secrets: Readonly<Record<string, string>>): void => {
    const folder = `..v${(version += 1)}`;
    mkdirSync(path.join(directory, folder));
    for (const [name, value] of Object.entries(secrets)) writeFileSync(path.join(directory, folder, name), value);
    symlinkSync(folder, path.join(directory, '..next'));
    renameSync(path.join(directory, '..next'), path.join(directory, '..data'));
  };
  replace(first);
  return { file: (name: string) => path.join(directory, '..data', name), replace };
}

// https://github.com/spring-cloud/spring-cloud-vault/issues/152
describe('account, whose secrets are replaced while it runs (spring-cloud-vault#152)', () => {
  it('uses the new password of its database and the new token without a restart', async () => {
    const database = await createTestDatabase();
    const role = `test_account_${randomBytes(6).toString('hex')}`;
    await execute(database.url, `create role ${role} login superuser password 'first'`);
    onTestFinished(async () => {
      await database.drop();
      await execute(inject('databaseServerUrl'), `drop role ${role}`);
    });
    await migrateAccount(database.url);
    const urlWith = (password: string): string => {
      const url = new URL(database.url);
      url.username = role;
      url.password = password;
      return url.href;
    };
    const secrets = mountSecrets({ 'database-url': urlWith('first'), 'actuator-token': 'first-token' });
    const account = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      DATABASE_URL_FILE: secrets.file('database-url'),
      ACTUATOR_TOKEN_FILE: secrets.file('actuator-token'),
      CUSTOMER_URL: 'http://127.0.0.1:9',
    });
    onTestFinished(() => account.kill('SIGKILL'));
    const url = await account.listening;
    const list = async () => (await fetch(`${url}/accounts`)).status;
    const reset = async (token: string) => {
      const response = await fetch(`${url}/actuator/circuitbreakers/customer`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"updateState":"CLOSE"}',
      });
      return response.status;
    };

    expect([await list(), await reset('first-token')]).toEqual([200, 200]);
    await execute(database.url, `alter role ${role} password 'second'`);
    await execute(
      database.url,
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${role}'`,
    );
    await vi.waitFor(async () => expect(await list()).toBe(503), { timeout: 10_000 });
    secrets.replace({ 'database-url': urlWith('second'), 'actuator-token': 'second-token' });

    await vi.waitFor(async () => expect(await list()).toBe(200), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await reset('second-token')).toBe(200), { timeout: 10_000, interval: 250 });
    expect(await reset('first-token')).toBe(401);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    account.kill('SIGTERM');
    expect((await account.ended).code).toBe(0);
  });
});
