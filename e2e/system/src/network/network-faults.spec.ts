import { auditLedger, countPending, customerExists, readLedger } from '@breakwater/system-runner/ledger';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cell, differences, disturbedBy, faultOf } from './cells.ts';
import { FaultySystem } from './faulty-system.ts';

/** Each kind of connection, and each way in which a client finds out; `network-matrix.ts` runs all. */
const cells: readonly Cell[] = [
  { connection: 'nginx → both accounts', fault: 'reset' },
  { connection: 'nginx → account-1', fault: 'partition to the client' },
  { connection: 'accounts → both customers', fault: 'partition both ways' },
  { connection: 'accounts → customer-1', fault: 'close' },
  { connection: 'accounts → PostgreSQL', fault: 'half-open' },
  { connection: 'accounts → PostgreSQL', fault: 'slow writes' },
  { connection: 'account-1 → PostgreSQL', fault: 'accept only' },
  { connection: 'customers → PostgreSQL', fault: 'stall' },
];

describe('a fault of the network', () => {
  let faulty: FaultySystem;

  beforeAll(async () => {
    faulty = await FaultySystem.start();
  });

  afterAll(() => faulty?.stop());

  it.each(cells)('$connection: $fault has the expected responses', async (cell) => {
    const observed = await faulty.observe(disturbedBy(cell), faultOf(cell));

    expect({ differences: differences(cell, observed), observed }).toEqual({ differences: [], observed });
  });

  it('that kills the load balancer leaves clients without a connection until it has started again', async () => {
    const { gateway } = faulty.system;
    await gateway.kill();
    const meanwhile = await faulty.open();
    const direct = await faulty.open(faulty.system.accountUrls[0]);
    await gateway.restart();
    const afterwards = await faulty.open();

    expect([meanwhile, direct, afterwards]).toEqual([
      'no connection',
      expect.stringMatching(/^201 /),
      expect.stringMatching(/^201 /),
    ]);
  });

  it('loses no account and opens none twice', async () => {
    await faulty.finish();
    const { url } = faulty.system.database;
    await vi.waitFor(async () => expect(await countPending(url)).toBe(0), { timeout: 90_000, interval: 500 });

    expect(auditLedger(faulty.requests, await readLedger(url), customerExists)).toEqual([]);
  });
});
