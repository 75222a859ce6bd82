import {
  childEnvironment,
  findProgram,
  freePort,
  respondsAt,
  SupervisedProcess,
  urlOf,
} from '@breakwater/system-runner';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { becomeActive, insertPending, readQueue } from './pending-accounts.ts';
import {
  type RunningAccount,
  type RunningCustomer,
  eventually,
  tolerant,
  startAccount,
  startCustomer,
  startReplica,
} from './services.ts';

/** Real customers, the first of which requests name. */
const customerIds = Array.from({ length: 60 }, (_, n) => `c-${1001 + n}`);
const [customerId = ''] = customerIds;

const open = ({ open }: RunningAccount, key: string) => open(customerId).set('idempotency-key', key);

/** Pending accounts of all customers, each of which has failed at least once. */
async function failToVerify({ databaseUrl }: RunningAccount): Promise<void> {
  await insertPending(databaseUrl, customerIds);
  await eventually(async () => {
    const attempts = (await readQueue(databaseUrl)).map(({ attempts }) => attempts);
    expect(attempts.filter((attempt) => attempt > 0).length).toBeGreaterThanOrEqual(customerIds.length);
  });
}

// cloudfoundry/servicebroker#216
describe('a 404 that does not come from customer', () => {
  let customer: RunningCustomer;

  beforeAll(async () => {
    customer = await startCustomer();
    return () => customer.stop();
  });

  it('of a wrong path in CUSTOMER_URL rejects neither a request nor a pending account', async () => {
    const wrong = await startAccount({ ...tolerant, CUSTOMER_URL: `${customer.url}/api` });
    onTestFinished(() => wrong.stop());
    const first = await open(wrong, 'k-1');
    await failToVerify(wrong);

    const right = await startReplica(wrong.databaseUrl, { ...tolerant, CUSTOMER_URL: customer.url });
    onTestFinished(() => right.stop());
    const repeated = await open(right, 'k-1');
    const next = await open(right, 'k-2');

    expect([first.status, repeated.status, next.status]).toEqual([202, 202, 201]);
    await becomeActive(right);
  });

  const nginx = findProgram('nginx');
  if (nginx === undefined)
    process.stderr.write('NOT CHECKED: a 404 of nginx, because there is no nginx on the PATH.\n');

  it.skipIf(nginx === undefined).each([
    ['HTML', ''],
    ['JSON', 'error_page 404 @json;'],
  ])('of a proxy with %s rejects neither a request nor a pending account', async (_, settings) => {
    const proxy = await startProxy(customer.url, settings);
    const account = await startAccount({ ...tolerant, CUSTOMER_URL: proxy.url });
    onTestFinished(() => account.stop());

    const first = await open(account, 'k-1');
    await failToVerify(account);
    proxy.repair();
    const repeated = await open(account, 'k-1');
    const next = await open(account, 'k-2');

    expect([first.status, repeated.status, next.status]).toEqual([202, 202, 201]);
    await becomeActive(account);
  });
});

/** nginx in front of customer, which responds with its own 404 until it is repaired. */
async function startProxy(customerUrl: string, settings: string): Promise<{ url: string; repair: () => void }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-proxy-'));
  // A worker of nginx has a user of its own when the test runs as root, and looks for a file here.
  chmodSync(directory, 0o755);
  const port = await freePort();
  const url = urlOf(port);
  const file = (name: string): string => path.join(directory, name);
  writeFileSync(
    file('nginx.conf'),
    `worker_processes 1;
pid ${file('nginx.pid')};
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${file(name)};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    location = /ready { return 200; }
    location @json { default_type application/json; return 404 '{"title":"Not Found"}'; }
    location / {
      ${settings}
      if (!-f ${file('repaired')}) { return 404; }
      proxy_pass ${customerUrl};
    }
  }
}
`,
  );
  const nginx = new SupervisedProcess({
    name: 'nginx',
    command: 'nginx',
    args: ['-p', directory, '-c', file('nginx.conf'), '-e', 'stderr', '-g', 'daemon off;'],
    env: childEnvironment(),
    logFile: file('log'),
    probe: respondsAt(`${url}/ready`),
  });
  onTestFinished(async () => {
    await nginx.stop();
    rmSync(directory, { recursive: true });
  });
  await nginx.ready(AbortSignal.timeout(20_000), 20);
  return { url, repair: () => writeFileSync(file('repaired'), '') };
}
