import { DatabaseUnavailableError, ProblemException } from '@breakwater/service-kit';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { useAccountDatabase } from '../database/account-database.fixture.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { type Decided, type Decision, IdempotentRequests } from './idempotent.ts';
import { KeyInUseException } from './key-writers.ts';

const ttlMs = 60_000;
const request = { key: 'k-1', fingerprint: 'f-1' };
const problem = { type: 'urn:harbour:full', title: 'Full', status: 422 };

describe('IdempotentRequests', () => {
  const opened = useAccountDatabase();
  const keysOf = () => new IdempotencyKeys(opened.database, { ttlMs });

  /** Requests of one replica, and what each decision has written. */
  function replica() {
    const keys = keysOf();
    const requests = new IdempotentRequests(keys);
    const written: number[] = [];
    /** A decision that opens a berth, and stores the key in the same statement. */
    const berth = (id: number): Decision<object> => ({
      status: 201,
      body: { id },
      write: async (record, options) => {
        const isFirst = record.key === null || (await keys.insert(record, options));
        if (isFirst) written.push(id);
        return isFirst;
      },
    });
    return {
      keys,
      requests,
      written,
      berth,
      respond: (of: typeof request | undefined, decided: Decided<object>) => requests.respond(of, async () => decided),
    };
  }

  const expire = () =>
    sql`update account.idempotency_keys set created_at = now() - ${ttlMs} * interval '1 millisecond'`.execute(
      opened.database.tables,
    );

  /** Locks a key in a transaction of another replica while the work is done. */
  async function whileLocked(key: string, work: () => Promise<void>): Promise<void> {
    await opened.database.tables.transaction().execute(async (tables) => {
      await tables
        .insertInto('idempotency_keys')
        .values({ key, fingerprint: 'other', response_status: 201, response_body: '{}' })
        .execute();
      await work();
    });
  }

  it('stores the response of a first request, which a repetition gets without a decision', async () => {
    const { respond, berth, written } = replica();
    expect(await respond(request, berth(1))).toEqual({ status: 201, body: { id: 1 }, replayed: false });

    let decisions = 0;
    const other = new IdempotentRequests(keysOf());
    const repeated = await other.respond(request, async () => {
      decisions++;
      return berth(2);
    });

    expect(repeated).toEqual({ status: 201, body: { id: 1 }, replayed: true });
    expect({ decisions, written }).toEqual({ decisions: 0, written: [1] });
  });

  it('refuses another request under the same key', async () => {
    const { respond, berth, written } = replica();
    await respond(request, berth(1));

    const refusal = await respond({ ...request, fingerprint: 'f-2' }, berth(2)).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(ProblemException);
    expect((refusal as ProblemException).problem).toMatchObject({
      type: 'urn:breakwater:problem:idempotency-key-reused',
      status: 422,
      detail: 'The idempotency key k-1 was used for another request. Use a new key for a new request.',
    });
    expect(written).toEqual([1]);
  });

  it('stores a problem, too', async () => {
    const { respond, berth } = replica();

    expect(await respond(request, { problem })).toEqual({ status: 422, body: problem, replayed: false });
    expect(await respond(request, berth(1))).toEqual({ status: 422, body: problem, replayed: true });
  });

  it('executes each request without a key, and stores nothing of it', async () => {
    const { respond, berth, written } = replica();

    await respond(undefined, berth(1));
    await respond(undefined, berth(2));
    expect(await respond(undefined, { problem })).toEqual({ status: 422, body: problem, replayed: false });

    expect(written).toEqual([1, 2]);
    const rows = await opened.database.tables.selectFrom('idempotency_keys').selectAll().execute();
    expect(rows).toEqual([]);
  });

  it.each([['with a key', request] as const, ['without a key', undefined] as const])(
    'gives a decision %s the time of the database',
    async (_, of) => {
      const { respond } = replica();
      const { rows } = await sql<{ micros: number }>`
        select (extract(epoch from clock_timestamp()) * 1000000)::float8 as micros`.execute(opened.database.tables);
      let given = 0;

      await respond(of, (epochMicros) => {
        given = epochMicros;
        return { problem };
      });

      expect(given).toBeGreaterThan(rows[0]!.micros);
      expect(given).toBeLessThan(rows[0]!.micros + 60_000_000);
    },
  );

  it('decides again under a key that has expired, and replaces it', async () => {
    const { respond, berth, written } = replica();
    await respond(request, berth(1));
    await expire();

    expect(await respond(request, berth(2))).toEqual({ status: 201, body: { id: 2 }, replayed: false });
    expect(await respond(request, berth(3))).toEqual({ status: 201, body: { id: 2 }, replayed: true });
    expect(written).toEqual([1, 2]);
  });

  it('replays the response of another replica that stores the key while this one decides', async () => {
    const [first, second] = [replica(), replica()];

    const response = await second.requests.respond(request, async () => {
      await first.respond(request, first.berth(1));
      return second.berth(2);
    });

    expect(response).toEqual({ status: 201, body: { id: 1 }, replayed: true });
    expect([first.written, second.written]).toEqual([[1], []]);
  });

  it('refuses a request when another one stores the key while it is decided', async () => {
    const { requests, respond, berth } = replica();

    const refused = requests.respond({ ...request, fingerprint: 'f-2' }, async () => {
      await respond(request, berth(1));
      return berth(2);
    });

    await expect(refused).rejects.toMatchObject({ problem: { status: 422 } });
  });

  it('gives all simultaneous requests of all replicas the response of the first to write', async () => {
    const replicas = [replica(), replica()];
    const { promise: allDecide, resolve } = Promise.withResolvers<void>();
    let deciding = 0;

    const responses = await Promise.all(
      [1, 2, 3, 4].map((id) => {
        const { requests, berth } = replicas[id % 2]!;
        return requests.respond(request, async () => {
          if (++deciding === 4) resolve();
          await allDecide;
          return berth(id);
        });
      }),
    );

    const first = responses.find(({ replayed }) => !replayed)!;
    expect(responses.filter(({ replayed }) => replayed)).toHaveLength(3);
    for (const { status, body } of responses) expect({ status, body }).toEqual({ status: 201, body: first.body });
    expect(replicas.flatMap(({ written }) => written)).toHaveLength(1);
  });

  it('decides once more when the key that it met has expired since', async () => {
    const { keys, respond } = replica();
    const answers = [false, true];

    const response = await respond(request, { status: 201, body: {}, write: async () => answers.shift()! });

    expect(response).toMatchObject({ status: 201, replayed: false });
    expect(answers).toEqual([]);
    expect((await keys.find(request.key)).stored).toBeUndefined();
  });

  it('responds with 409 when another replica keeps the key locked for a second', async () => {
    const { respond, berth, written } = replica();

    await whileLocked(request.key, async () => {
      const refusal = await respond(request, berth(1)).catch((error: unknown) => error);

      expect(refusal).toBeInstanceOf(KeyInUseException);
      expect((refusal as KeyInUseException).problem).toMatchObject({
        type: 'urn:breakwater:problem:idempotency-key-in-use',
        status: 409,
        detail:
          'Another request with the idempotency key k-1 is being executed. Repeat this one later, with the same key.',
        headers: { 'retry-after': '1' },
      });
    });

    expect(written).toEqual([]);
  });

  it('lets seven requests with keys use the database, and refuses more after a second', async () => {
    const { respond } = replica();
    const writes: (() => void)[] = [];
    const write = () => new Promise<boolean>((resolve) => writes.push(() => resolve(true)));
    const sent = Array.from({ length: 8 }, (_, at) =>
      respond({ key: `k-${at}`, fingerprint: 'f' }, { status: 201, body: {}, write }).catch((error: unknown) => error),
    );

    const refusal = await Promise.race(sent);

    expect(refusal).toBeInstanceOf(DatabaseUnavailableError);
    expect((refusal as DatabaseUnavailableError).message).toContain("'idempotency-keys'");
    expect(writes).toHaveLength(7);
    for (const end of writes) end();
    expect((await Promise.all(sent)).filter((response) => !(response instanceof Error))).toHaveLength(7);
  });

  it('throws an error of a write unchanged', async () => {
    const { respond } = replica();
    const broken = new RangeError('no such berth');

    await expect(respond(request, { status: 201, body: {}, write: () => Promise.reject(broken) })).rejects.toBe(broken);
  });

  it('deletes expired keys, up to a limit and the oldest first', async () => {
    const { keys, respond } = replica();
    for (const key of ['a', 'b', 'c']) await respond({ key, fingerprint: 'f' }, { problem });
    await expire();
    await sql`update account.idempotency_keys set created_at = created_at - interval '1 hour' where key = 'b'`.execute(
      opened.database.tables,
    );
    await respond({ key: 'd', fingerprint: 'f' }, { problem });

    expect(await keys.deleteExpired(1)).toBe(1);
    const left = await opened.database.tables.selectFrom('idempotency_keys').select('key').orderBy('key').execute();
    expect(left.map(({ key }) => key)).toEqual(['a', 'c', 'd']);
    expect(await keys.deleteExpired(10)).toBe(2);
    expect(await keys.deleteExpired(10)).toBe(0);
    expect((await keys.find('d')).stored).toEqual({ fingerprint: 'f', status: 422, body: problem });
  });
});
