import { registryToken } from '@breakwater/resilience';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { Test } from '@nestjs/testing';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CustomerDirectory } from './customer-directory.ts';
import { registry } from './opossum.ts';
import { customer } from './pipeline.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const workspace = here('../../..');
const read = (file: string): Promise<string> => readFile(file, 'utf8');

describe('The twenty lines of the README', () => {
  it('work with the configuration beside them', async () => {
    expect(await read(`${workspace}/README.md`)).toContain(await read(here('resilience.yml')));
    const testing = await Test.createTestingModule({
      imports: [ResilienceModule.forRoot({ configFiles: [here('resilience.yml')] })],
      providers: [CustomerDirectory],
    }).compile();
    const application = await testing.init();
    const breaker = application.get(registryToken('circuitBreaker')).getOrCreate('customer');

    breaker.transitionToOpenState();

    expect(breaker.config).toMatchObject({ slidingWindowSize: 10, slowCallDurationThreshold: 1_000 });
    await expect(application.get(CustomerDirectory).verify('c-1001')).resolves.toBe('unverified');
    await application.close();
  });
});

describe('The example of a pipeline', () => {
  it('reads as the page of the library says', async () => {
    expect(await read(here('../README.md'))).toContain(customer.describe());
  });
});

describe('The example of an engine', () => {
  it('runs on opossum', () => {
    const breaker = registry.getOrCreate('customer');

    expect(breaker.config.engine).toBe('opossum');
    breaker.dispose();
  });
});
