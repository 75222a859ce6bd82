import { openAccountDatabase } from '@breakwater/account/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StandInCustomer } from './stand-in-customer.ts';
import { type RunningAccount, startWithStandIn } from './services.ts';

const unknown = '/accounts/019a9b1c-7f00-7000-8000-000000000000';

describe('an account', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeAll(async () => {
    const started = await startWithStandIn();
    ({ account, customer } = started);
    return started.stop;
  });

  const opened = async (): Promise<string> => String((await account.open('c-1001')).headers['location']);
  const close = (location: string, ifMatch?: string) => {
    const closing = account.http().patch(location);
    return (ifMatch === undefined ? closing : closing.set('if-match', ifMatch)).send({ status: 'CLOSED' });
  };

  describe('GET /accounts/:id', () => {
    it.each(['"1"', 'W/"1"', '"7", "1"', '*'])(
      'responds with 304 when the client has this version (If-None-Match: %s)',
      async (tags) => {
        const response = await account
          .http()
          .get(await opened())
          .set('if-none-match', tags);

        expect(response.status).toBe(304);
        expect(response.text).toBe('');
        expect(response.headers['etag']).toBe('"1"');
      },
    );

    it.each(['"2"', '1', ''])(
      'responds with the account when the client has another version (If-None-Match: %s)',
      async (tags) => {
        const location = await opened();

        const response = await account.http().get(location).set('if-none-match', tags);

        expect(response.status).toBe(200);
        expect(location).toBe(`/accounts/${response.body.id}`);
      },
    );

    it.each(['"2"', 'W/"1"', '1', ''])(
      'responds with 412 when the account has another version (If-Match: %s)',
      async (tags) => {
        const response = await account
          .http()
          .get(await opened())
          .set('if-match', tags)
          .set('if-none-match', '"1"');

        expect(response.status).toBe(412);
        expect(response.headers['etag']).toBe('"1"');
        expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:precondition-failed' });
      },
    );

    it.each(['"1"', '"7", "1"', '*'])(
      'responds with the account when it has this version (If-Match: %s)',
      async (tags) => {
        const response = await account
          .http()
          .get(await opened())
          .set('if-match', tags);

        expect(response.status).toBe(200);
      },
    );

    it('responds to HEAD with 412 when the account has another version', async () => {
      const response = await account
        .http()
        .head(await opened())
        .set('if-match', '"2"');

      expect(response.status).toBe(412);
    });

    it('responds with 404 for an unknown account, with any If-Match', async () => {
      expect((await account.http().get(unknown).set('if-match', '"2"')).status).toBe(404);
    });

    it('responds with 404 for an unknown account, with any If-None-Match', async () => {
      expect((await account.http().get(unknown).set('if-none-match', '*')).status).toBe(404);
    });
  });

  describe('PATCH /accounts/:id', () => {
    it('closes the account that the client has seen', async () => {
      const location = await opened();
      const seen = await account.http().get(location);

      const response = await close(location, seen.headers['etag']);
      const found = await account.http().get(location);

      expect(response.status).toBe(200);
      expect(response.headers['etag']).toBe('"2"');
      expect(response.body).toEqual({
        ...seen.body,
        status: 'CLOSED',
        version: 2,
        updatedAt: expect.any(String) as string,
      });
      expect(Date.parse(response.body.updatedAt as string)).toBeGreaterThanOrEqual(
        Date.parse(seen.body.updatedAt as string),
      );
      expect(found.body).toEqual(response.body);
      expect(found.headers['etag']).toBe('"2"');
    });

    it.each(['*', '"9", "1"'])('accepts If-Match: %s', async (tags) => {
      expect((await close(await opened(), tags)).status).toBe(200);
    });

    it('requires If-Match', async () => {
      const response = await close(await opened());

      expect(response.status).toBe(428);
      expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:precondition-required' });
    });

    it.each(['"2"', 'W/"1"', '"01"', '1', '"99999999999999999999"', '"x"'])(
      'changes nothing when the client has seen another version (If-Match: %s)',
      async (tags) => {
        const location = await opened();

        const response = await close(location, tags);

        expect(response.status).toBe(412);
        expect(response.headers['etag']).toBe('"1"');
        expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:precondition-failed' });
        expect((await account.http().get(location)).body).toMatchObject({ status: 'ACTIVE', version: 1 });
      },
    );

    it('closes no account twice', async () => {
      const location = await opened();
      await close(location, '*');

      const response = await close(location, '"2"');

      expect(response.status).toBe(409);
      expect(response.headers['etag']).toBe('"2"');
      expect(response.body).toMatchObject({
        type: 'urn:breakwater:problem:account-not-active',
        accountStatus: 'CLOSED',
      });
    });

    it('closes no pending account', async () => {
      customer.respondWith(500);
      // A customer without a stale value.
      const location = String((await account.open('c-1002')).headers['location']);
      customer.recover();

      const response = await close(location, '*');

      expect(response.status).toBe(409);
      expect(response.body).toMatchObject({ accountStatus: 'PENDING_VERIFICATION' });
    });

    it('lets one of twenty concurrent requests close the account', async () => {
      const location = await opened();

      const closing = Array.from({ length: 20 }, () => close(location, '"1"').then(({ status }) => status));
      const statuses = await Promise.all(closing);
      const history = await account.http().get(`${location}/history`);

      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(19);
      expect(history.body).toHaveLength(2);
    });

    it('does not change the account when its history cannot be written', async () => {
      const location = await opened();
      await using inside = openAccountDatabase(account.route.url);
      await inside.execute(
        `alter table account.account_events add constraint never check (to_status <> 'CLOSED') not valid`,
      );

      const failed = await close(location, '"1"');
      await inside.execute('alter table account.account_events drop constraint never');

      expect(failed.status).toBe(500);
      expect((await account.http().get(location)).body).toMatchObject({ status: 'ACTIVE', version: 1 });
    });

    it('responds with 404 for an unknown account', async () => {
      expect((await close(unknown, '*')).status).toBe(404);
    });

    it.each([{}, { status: 'ACTIVE' }, { status: 'CLOSED', label: 'x' }])('rejects %j', async (body) => {
      const response = await account
        .http()
        .patch(await opened())
        .set('if-match', '*')
        .send(body);

      expect(response.status).toBe(400);
    });
  });

  describe('GET /accounts/:id/history', () => {
    it('lists the changes, the opening first', async () => {
      const location = await opened();
      await close(location, '*');
      const found = await account.http().get(location);

      const history = await account.http().get(`${location}/history`);

      expect(history.status).toBe(200);
      expect(history.body).toEqual([
        {
          fromStatus: null,
          toStatus: 'ACTIVE',
          reason: 'Opened for a verified customer.',
          happenedAt: found.body.createdAt as string,
        },
        {
          fromStatus: 'ACTIVE',
          toStatus: 'CLOSED',
          reason: 'Closed on request.',
          happenedAt: found.body.updatedAt as string,
        },
      ]);
    });

    it('responds with 404 for an unknown account', async () => {
      const response = await account.http().get(`${unknown}/history`);

      expect(response.status).toBe(404);
      expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:account-not-found' });
    });
  });
});
