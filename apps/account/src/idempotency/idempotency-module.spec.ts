import { FakeClock } from '@breakwater/resilience/testing';
import { Injectable, Module } from '@nestjs/common';
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { useAccountDatabase } from '../database/account-database.fixture.ts';
import { IdempotencyModule, IdempotentRequests } from './idempotent.ts';

const keyTtlMs = 3_600_000;
const request = { key: 'k-1', fingerprint: 'f-1' };
const decision = { problem: { type: 'urn:harbour:full', title: 'Full', status: 422 } };

describe('IdempotencyModule', () => {
  const opened = useAccountDatabase();

  /** Starts an application with a module that does not import it. */
  async function start() {
    const clock = new FakeClock();

    @Injectable()
    class Harbour {
      constructor(readonly requests: IdempotentRequests) {}
    }
    @Module({ providers: [Harbour] })
    class HarbourModule {}

    const app = await opened.start(IdempotencyModule.forRoot({ keyTtlMs, clock }), HarbourModule);
    return { clock, requests: app.get(Harbour, { strict: false }).requests };
  }

  /** The keys that are stored, whether they have expired or not. */
  const stored = async () =>
    (await opened.database.tables.selectFrom('idempotency_keys').select('key').orderBy('key').execute()).map(
      ({ key }) => key,
    );

  const age = (key: string, ms: number) =>
    sql`update account.idempotency_keys set created_at = now() - ${ms} * interval '1 millisecond'
      where key = ${key}`.execute(opened.database.tables);

  it('lets any module execute a request once', async () => {
    const { requests } = await start();

    const first = await requests.respond(request, async () => decision);
    const second = await requests.respond(request, async () => decision);

    expect([first, second].map(({ replayed }) => replayed)).toEqual([false, true]);
  });

  it('keeps a key for the configured time', async () => {
    const { requests } = await start();
    await requests.respond(request, async () => decision);

    await age(request.key, keyTtlMs - 60_000);
    const early = await requests.respond(request, async () => decision);
    await age(request.key, keyTtlMs);
    const late = await requests.respond(request, async () => decision);

    expect([early, late].map(({ replayed }) => replayed)).toEqual([true, false]);
  });

  it('deletes expired keys every minute of its clock', async () => {
    const { clock, requests } = await start();
    for (const key of ['new', 'old']) await requests.respond({ ...request, key }, async () => decision);
    await age('old', keyTtlMs);

    clock.advance(60_000);

    await vi.waitFor(async () => expect(await stored()).toEqual(['new']), { timeout: 60_000, interval: 20 });
  });
});
