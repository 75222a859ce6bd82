import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { CircuitBreakerRegistry } from '@breakwater/resilience';
import { Test } from '@nestjs/testing';
import { fileURLToPath } from 'node:url';
import { CustomerDirectory } from './customer-directory.ts';
import { customer } from './pipeline.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

describe("The README's example", () => {
  it.each(['customer-directory.ts', 'resilience.yml'])('is %s, which is compiled and run here', async (file) => {
    const readme = await readFile(here('../../../README.md'), 'utf8');

    expect(readme).toContain(await readFile(here(file), 'utf8'));
  });

  it('is pipeline.ts in the README of the library', async () => {
    const readme = await readFile(here('../README.md'), 'utf8');

    expect(readme).toContain(await readFile(here('pipeline.ts'), 'utf8'));
    expect(readme).toContain(customer.describe());
  });

  it('works', async () => {
    const testing = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ configFiles: [here('resilience.yml')] })],
      providers: [CustomerDirectory],
    }).compile();
    const application = await testing.init();
    const breaker = application.get(CircuitBreakerRegistry).circuitBreaker('customer');

    breaker.transitionToOpenState();

    expect(breaker.config).toMatchObject({ slidingWindowSize: 10, slowCallDurationThreshold: 1_000 });
    await expect(application.get(CustomerDirectory).verify('c-1001')).resolves.toBe('unverified');
    await application.close();
  });
});
