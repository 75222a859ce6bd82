import { expect, it } from 'vitest';
import { bulkheadMeters } from '../../libs/resilience/src/adapters/prometheus/bulkhead.meters.ts';
import {
  circuitBreakerCalls,
  circuitBreakerMeters,
} from '../../libs/resilience/src/adapters/prometheus/circuit-breaker.meters.ts';
import { rateLimiterMeters } from '../../libs/resilience/src/adapters/prometheus/rate-limiter.meters.ts';
import { retryMeters } from '../../libs/resilience/src/adapters/prometheus/retry.meters.ts';
import { timeLimiterMeters } from '../../libs/resilience/src/adapters/prometheus/time-limiter.meters.ts';
import { code, filledIn, table } from './markdown.ts';

const page = 'docs/migrating-from-resilience4j.md';

interface NamedMeter {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const meters: readonly NamedMeter[] = [
  { ...circuitBreakerCalls, name: `${circuitBreakerCalls.name}_{count,sum,bucket}` },
  ...circuitBreakerMeters,
  ...retryMeters,
  ...bulkheadMeters,
  ...rateLimiterMeters,
  ...timeLimiterMeters,
];

it(`${page} lists the metrics that there are; if not, 'npm run generate reference' writes it anew`, async () => {
  const rows = meters
    .filter(({ name }) => name.startsWith('resilience4j_'))
    .map(({ name, help, labels = [] }) => [code(name), ['name', ...labels].map(code).join(', '), help]);

  const asItShouldBe = await filledIn(page, { metrics: table(['metric', 'labels', 'meaning'], rows) });

  await expect(asItShouldBe).toMatchFileSnapshot(`../../${page}`);
});
