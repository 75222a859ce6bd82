import { delayAccounts, withClient } from '@breakwater/system-runner/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWithStandIn, type RunningAccount } from './services.ts';

const problem = 'urn:breakwater:problem:database-unavailable';

describe('account on a PostgreSQL that is slow', () => {
  let account: RunningAccount;

  beforeAll(async () => {
    const started = await startWithStandIn();
    account = started.account;
    return started.stop;
  });

  afterAll(() => setDelay(0));

  /** How long each account that is stored takes, in seconds. */
  async function setDelay(seconds: number): Promise<void> {
    await withClient(account.databaseUrl, async (client) => {
      for (const statement of delayAccounts(seconds)) await client.query(statement);
    });
  }

  const countAccounts = () =>
    withClient(account.databaseUrl, async (client) => {
      const { rows } = await client.query<{ count: string }>('select count(*) from account.accounts');
      return Number(rows[0]?.count);
    });

  async function open(key: string, headers: Readonly<Record<string, string>> = {}) {
    const startedAt = performance.now();
    const response = await account.open('c-1001').set({ 'idempotency-key': key, ...headers });
    const { status, headers: sent, body } = response;
    return {
      status,
      retryAfter: sent['retry-after'] as unknown,
      type: (body as { readonly type?: unknown }).type,
      ms: performance.now() - startedAt,
    };
  }

  it('responds later, as long as a request waits for less than 3 s', async () => {
    await setDelay(0.8);

    const { status, ms } = await open('k-1');

    expect(status).toBe(201);
    expect(ms).toBeGreaterThanOrEqual(800);
  });

  it('refuses a write with 503 after 3 s, or before its deadline, and stores nothing of it', async () => {
    const before = await countAccounts();
    await setDelay(30);

    const [slow, hurried, read] = await Promise.all([
      open('k-2'),
      open('k-3', { 'x-request-timeout-ms': '1500' }),
      account.http().get('/accounts'),
    ]);

    for (const { status, retryAfter, type } of [slow, hurried])
      expect({ status, retryAfter, type }).toEqual({ status: 503, retryAfter: '1', type: problem });
    expect(slow.ms).toBeLessThan(4_000);
    expect(hurried.ms).toBeLessThan(2_000);
    // What it does not write to is not slow.
    expect(read.status).toBe(200);
    await setDelay(0);
    expect(await countAccounts()).toBe(before);
    expect((await open('k-2')).status).toBe(201);
  });
});
