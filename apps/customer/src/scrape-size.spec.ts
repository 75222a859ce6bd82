import { expect, it, onTestFinished } from 'vitest';
import { createCustomerLabService, createCustomerService } from './testing.ts';

// Before: with all of prom-client's metrics of the process, without garbage collections, of which there were more or fewer
// from run to run.
it.each([
  { entry: 'customer', create: createCustomerService, seriesBefore: 114 },
  { entry: 'the lab of customer', create: createCustomerLabService, seriesBefore: 115 },
])('a scrape of $entry at rest has at most half of $seriesBefore series', async ({ create, seriesBefore }) => {
  const app = await create({
    // Nothing listens on port 1.
    DATABASE_URL: 'postgres://customer@127.0.0.1:1/customer',
    INSTANCE_NAME: 'customer-1',
    DEMO_MODE: 'true',
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');

  const scrape = await fetch(`${await app.getUrl()}/metrics`);

  const series = (await scrape.text()).split('\n').filter((line) => /^[^#]/.test(line));
  expect(series.length).toBeLessThanOrEqual(seriesBefore / 2);
});
