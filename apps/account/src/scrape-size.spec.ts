import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createAccountLabService, createAccountService } from './testing.ts';

// Nothing listens on port 1.
const environment = {
  DATABASE_URL: 'postgres://account@127.0.0.1:1/account',
  INSTANCE_NAME: 'account-1',
  DEMO_MODE: 'true',
};

describe('a scrape of account at rest', () => {
  let app: NestFastifyApplication;

  afterEach(() => app.close());

  // Half of the sizes with 68 bounds for each histogram of calls and all of prom-client's metrics of the process.
  it.each([
    { entry: 'the service', create: createAccountService, before: 91_723 },
    {
      entry: 'the lab, with the circuit breakers of the experiments,',
      create: createAccountLabService,
      before: 257_629,
    },
  ])('of $entry has at most half of $before bytes', async ({ create, before }) => {
    app = await create(environment);
    await app.listen(0, '127.0.0.1');

    const scrape = await fetch(`${await app.getUrl()}/metrics`);

    expect(scrape.headers.get('content-encoding')).toBeNull();
    expect((await scrape.text()).length).toBeLessThanOrEqual(before / 2);
  });
});
