import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createAccountLabService, createAccountService } from './testing.ts';

// Nothing listens on port 1.
const environment = {
  DATABASE_URL: 'postgres://account@127.0.0.1:1/account',
  INSTANCE_NAME: 'account-1',
  DEMO_MODE: 'true',
};

/** The series of policies that account did not have when the size was measured before. */
const isAddedSince = (series: string): boolean =>
  /^\w+circuitbreaker_\w+\{.*name="reconciliation"|^breakwater_endpoint_pool_/.test(series);

describe('a scrape of account at rest', () => {
  let app: NestFastifyApplication;

  afterEach(() => app.close());

  async function scrape(create: typeof createAccountService): Promise<string> {
    app = await create(environment);
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/metrics`);
    expect(response.headers.get('content-encoding')).toBeNull();
    return response.text();
  }

  // Before: with 68 bounds for each histogram of calls and all of prom-client's metrics of the process. Garbage collections
  // are left out, of which there were more or fewer from run to run.
  it.each([
    { entry: 'the service', create: createAccountService, seriesBefore: 458 },
    {
      entry: 'the lab, with the circuit breakers of the experiments,',
      create: createAccountLabService,
      seriesBefore: 1_741,
    },
  ])('of $entry has at most half of $seriesBefore series', async ({ create, seriesBefore }) => {
    const series = (await scrape(create)).split('\n').filter((line) => /^[^#]/.test(line));

    expect(series.filter((line) => !isAddedSince(line)).length).toBeLessThanOrEqual(seriesBefore / 2);
  });

  it('has bounds of call durations from 3 ms to 10 s, each less than twice the previous one', async () => {
    const text = await scrape(createAccountService);

    const series = text.matchAll(/^resilience4j_circuitbreaker_calls_seconds_bucket{le="([\d.]+)"/gm);
    const bounds = [...new Set([...series].map(([, bound]) => Number(bound)))];
    expect([bounds[0], bounds.at(-1)]).toEqual([0.003, 10]);
    for (const [at, bound] of bounds.slice(1).entries()) expect(bound / bounds[at]!).toBeLessThan(2);
    // The slow-call threshold and the time limit: panels show exactly which part of the calls was below them.
    expect(bounds).toEqual(expect.arrayContaining([1, 3]));
  });
});
