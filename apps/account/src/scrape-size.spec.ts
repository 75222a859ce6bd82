import { percentileHistogramBuckets } from '@breakwater/resilience/prometheus';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccountLabService, createAccountService } from './testing.ts';

async function scrape(create: typeof createAccountService): Promise<Response> {
  const app = await create({
    // Nothing listens on port 1.
    DATABASE_URL: 'postgres://account@127.0.0.1:1/account',
    INSTANCE_NAME: 'account-1',
    DEMO_MODE: 'true',
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return fetch(`${await app.getUrl()}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
}

describe('a scrape of account at rest', () => {
  // Before: uncompressed, with all of prom-client's metrics of the process, without garbage collections, of which there were
  // more or fewer from run to run.
  it.each([
    { entry: 'the service', create: createAccountService, before: 91_000 },
    {
      entry: 'the lab, with the circuit breakers of the experiments,',
      create: createAccountLabService,
      before: 226_806,
    },
  ])('of $entry has at most half of $before bytes', async ({ create, before }) => {
    const { headers } = await scrape(create);

    expect(headers.get('content-encoding')).toBe('gzip');
    expect(Number(headers.get('content-length'))).toBeGreaterThan(0);
    expect(Number(headers.get('content-length'))).toBeLessThanOrEqual(before / 2);
  });

  it('has all bounds of call durations that Micrometer has', async () => {
    const text = await (await scrape(createAccountService)).text();

    const series = text.matchAll(/^resilience4j_circuitbreaker_calls_seconds_bucket{le="([\d.]+)"/gm);
    expect([...new Set([...series].map(([, bound]) => Number(bound)))]).toEqual(percentileHistogramBuckets);
  });
});
