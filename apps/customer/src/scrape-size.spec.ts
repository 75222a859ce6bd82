import { expect, it, onTestFinished } from 'vitest';
import { createCustomerLabService, createCustomerService } from './testing.ts';

/** Of which there are more or fewer from run to run. */
const garbageCollections = /^.*nodejs_gc_duration_seconds.*\n/gm;

// Half of the sizes with all of prom-client's metrics of the process, without garbage collections.
it.each([
  { entry: 'customer', create: createCustomerService, before: 12_563 },
  { entry: 'the lab of customer', create: createCustomerLabService, before: 12_556 },
])('a scrape of $entry at rest has at most half of $before bytes', async ({ create, before }) => {
  const app = await create({
    // Nothing listens on port 1.
    DATABASE_URL: 'postgres://customer@127.0.0.1:1/customer',
    INSTANCE_NAME: 'customer-1',
    DEMO_MODE: 'true',
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');

  const scrape = await fetch(`${await app.getUrl()}/metrics`);

  expect(scrape.headers.get('content-encoding')).toBeNull();
  expect((await scrape.text()).replaceAll(garbageCollections, '').length).toBeLessThanOrEqual(before / 2);
});
