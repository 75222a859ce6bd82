import { describe, expect, it, onTestFinished } from 'vitest';
import { withClient } from './databases.ts';
import { provideDatabaseServer } from './provide-database-server.ts';
import { openSeverableRoute } from './severable-route.ts';

describe('openSeverableRoute', () => {
  it('leads to the database until it is severed, and again when it is mended', async () => {
    const server = await provideDatabaseServer();
    onTestFinished(() => server.stop());
    const route = await openSeverableRoute(server.url);
    onTestFinished(() => route.close());
    const answers = (): Promise<boolean> =>
      withClient(route.url, (client) => client.query('SELECT 1')).then(
        () => true,
        () => false,
      );

    const before = await answers();
    const cut = withClient(route.url, async (client) => {
      route.sever();
      await client.query('SELECT 1');
    });

    await expect(cut).rejects.toThrow(/terminated/);
    const severed = await answers();
    route.mend();
    const after = await answers();
    expect({ before, severed, after }).toEqual({ before: true, severed: false, after: true });
  });
});
