import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createAccountLabService, createAccountService } from './testing.ts';

// Nothing listens on port 1.
const environment = {
  DATABASE_URL: 'postgres://account@127.0.0.1:1/account',
  INSTANCE_NAME: 'account-1',
  DEMO_MODE: 'true',
};

/** Of which there are more or fewer from run to run. */
const garbageCollections = /^.*nodejs_gc_duration_seconds.*\n/gm;

describe('a scrape of account at rest', () => {
  let app: NestFastifyApplication;

  afterEach(() => app.close());

  // Half of the sizes with 68 bounds for each histogram of calls and all of prom-client's metrics of the process,
  // without garbage collections.
  it.each([
    { entry: 'the service', create: createAccountService, before: 91_000 },
    {
      entry: 'the lab, with the circuit breakers of the experiments,',
      create: createAccountLabService,
      before: 226_806,
    },
  ])('of $entry has at most half of $before bytes', async ({ create, before }) => {
    app = await create(environment);
    await app.listen(0, '127.0.0.1');

    const scrape = await fetch(`${await app.getUrl()}/metrics`);

    expect(scrape.headers.get('content-encoding')).toBeNull();
    expect((await scrape.text()).replaceAll(garbageCollections, '').length).toBeLessThanOrEqual(before / 2);
  });

  it('has bounds of call durations from 1 ms to 30 s, each less than twice the previous one', async () => {
    app = await createAccountService(environment);
    await app.listen(0, '127.0.0.1');

    const scrape = await (await fetch(`${await app.getUrl()}/metrics`)).text();

    const series = scrape.matchAll(/^resilience4j_circuitbreaker_calls_seconds_bucket{le="([\d.]+)"/gm);
    const bounds = [...new Set([...series].map(([, bound]) => Number(bound)))];
    expect([bounds[0], bounds.at(-1)]).toEqual([0.001, 30]);
    for (const [at, bound] of bounds.slice(1).entries()) expect(bound / bounds[at]!).toBeLessThan(2);
    // The slow-call threshold and the time limit: panels show exactly which part of the calls was below them.
    expect(bounds).toEqual(expect.arrayContaining([1, 3]));
  });
});
