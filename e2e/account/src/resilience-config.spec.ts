import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type RunningAccount, startAccount } from './running-account.ts';

/** The service's own file, with another threshold. */
async function fileWith(failureRateThreshold: number): Promise<string> {
  const own = await readFile(new URL('../../../apps/account/resilience.yml', import.meta.url), 'utf8');
  const changed = own.replace('failureRateThreshold: 50', `failureRateThreshold: ${failureRateThreshold}`);
  expect(changed).not.toBe(own);
  return changed;
}

/** Writes a version of the ConfigMap as the kubelet does: a folder of its own, which a link is then swapped to. */
async function mount(folder: string, version: string, text: string): Promise<void> {
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, 'resilience.yml'), text);
  await symlink(version, join(folder, 'data_tmp'));
  await rename(join(folder, 'data_tmp'), join(folder, '..data'));
}

let folder: string;
let account: RunningAccount | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resilience-config-'));
});

afterEach(async () => {
  await account?.stop();
  account = undefined;
  await rm(folder, { recursive: true });
});

it('takes a mounted configuration in place of its own, and every later version of it', async () => {
  await mount(folder, '..1', await fileWith(40));
  await symlink(join('..data', 'resilience.yml'), join(folder, 'resilience.yml'));
  account = await startAccount({ RESILIENCE_CONFIG: join(folder, 'resilience.yml') });
  const { http } = account;
  const threshold = async (): Promise<string> => {
    const { body } = await http().get('/actuator/circuitbreakers');
    return (body as { circuitBreakers: Record<string, { failureRateThreshold: string }> }).circuitBreakers['customer']!
      .failureRateThreshold;
  };

  expect(await threshold()).toBe('40.0%');
  await mount(folder, '..2', await fileWith(30));

  await vi.waitFor(async () => expect(await threshold()).toBe('30.0%'), { timeout: 20_000, interval: 200 });
});
