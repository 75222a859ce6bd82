import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigFileError } from './config-file.error.ts';
import { loadResilienceConfig } from './load-resilience-config.ts';

describe('loading the configuration', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilience-'));
    await writeFile(join(folder, 'a.yml'), 'resilience4j.circuitbreaker.instances.customer: { slidingWindowSize: 1 }');
    await writeFile(
      join(folder, 'b.yml'),
      'resilience4j.circuitbreaker.instances.customer: { minimumNumberOfCalls: 2 }',
    );
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('reads files in their order, and the environment after them', async () => {
    const files = ['a.yml', 'b.yml'].map((name) => join(folder, name));
    const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '3' };

    const { circuitBreaker, warnings } = await loadResilienceConfig({ files, env });

    expect(circuitBreaker).toStrictEqual({
      configs: {},
      instances: { customer: { slidingWindowSize: 3, minimumNumberOfCalls: 2 } },
    });
    expect(warnings).toStrictEqual([]);
  });

  it('needs no file', async () => {
    expect(await loadResilienceConfig({ env: {} })).toMatchObject({
      circuitBreaker: { configs: {}, instances: {} },
      retry: { configs: {}, instances: {} },
      pipelines: {},
      warnings: [],
    });
  });

  it('looks into the environment of the process by default', async () => {
    expect(await loadResilienceConfig()).toMatchObject({ warnings: [] });
  });

  it('refuses a file that is not there', async () => {
    await expect(loadResilienceConfig({ files: [join(folder, 'c.yml')] })).rejects.toBeInstanceOf(ConfigFileError);
  });
});
