import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CircuitBreakerConfig,
  ConflictingDefinitionError,
  createRegistry,
  InvalidOptionsError,
} from '@breakwater/resilience';
import { readConfigFile, resilienceConfig, type ResilienceConfigContext } from '@breakwater/resilience/config';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../workspace.ts';

const page = await readFile(join(workspaceRoot, 'docs/configuration.md'), 'utf8');
const [, firstExample = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
const folder = await mkdtemp(join(tmpdir(), 'configuration-'));
await writeFile(join(folder, 'resilience.yml'), firstExample);
const { documents: exampleDocuments } = await readConfigFile(join(folder, 'resilience.yml'));
await rm(folder, { recursive: true });

const loaded = (documents: readonly unknown[], context: ResilienceConfigContext = {}) =>
  resilienceConfig(
    documents.map((document, at) => ({ label: `file ${at + 1}`, documents: [document] })),
    { env: {}, ...context },
  );

/** The configuration of an instance in the page's first example, unless other documents are given. */
function configOf(
  name: string,
  context: ResilienceConfigContext = {},
  documents: readonly unknown[] = exampleDocuments,
): CircuitBreakerConfig {
  return createRegistry('circuitBreaker', loaded(documents, context).circuitBreaker).getOrCreate(name).config;
}

const threshold = (value: number) => ({
  resilience4j: { circuitbreaker: { instances: { customer: { failureRateThreshold: value } } } },
});

describe('The first example in docs/configuration.md', () => {
  it('has the described result', () => {
    expect(configOf('ledger')).toMatchObject({
      slidingWindowSize: 10,
      failureRateThreshold: 80,
      minimumNumberOfCalls: 100,
      slowCallDurationThreshold: 800,
    });
    expect(configOf('customer')).toMatchObject({
      slidingWindowSize: 10,
      failureRateThreshold: 50,
      minimumNumberOfCalls: 5,
    });
    expect(configOf('undefined-name')).toMatchObject({ slidingWindowSize: 10, minimumNumberOfCalls: 100 });
    expect(configOf('ledger', { env: { LEDGER_SLOW: '2s' } })).toMatchObject({ slowCallDurationThreshold: 2_000 });
  });
});

describe('The rules about sources in docs/configuration.md', () => {
  const inCode = { circuitBreaker: { instances: { customer: { failureRateThreshold: 10, slidingWindowSize: 7 } } } };
  const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_FAILURERATETHRESHOLD: '40' };

  it.each([
    ['a file overrides code', [threshold(20)], {}, 20],
    ['a later file overrides an earlier one', [threshold(20), threshold(30)], {}, 30],
    ['the environment overrides both', [threshold(20), threshold(30)], env, 40],
  ])('%s, option by option', (_, files, environment, expected) => {
    const config = configOf('customer', { ...inCode, env: environment }, files);

    expect(config).toMatchObject({ failureRateThreshold: expected, slidingWindowSize: 7 });
  });

  it('options passed to a registry replace the definition, and others are refused later', () => {
    const registry = createRegistry('circuitBreaker', loaded([threshold(20)]).circuitBreaker);

    const breaker = registry.getOrCreate('customer', { slidingWindowSize: 5 });

    expect(breaker.config).toMatchObject({ failureRateThreshold: 50, slidingWindowSize: 5 });
    expect(() => registry.getOrCreate('customer', { slidingWindowSize: 6 })).toThrow(ConflictingDefinitionError);
  });

  it('a named configuration does not build on default', () => {
    const configs = { default: { slidingWindowSize: 10 }, lonely: { failureRateThreshold: 80 } };
    const document = {
      resilience4j: { circuitbreaker: { configs, instances: { customer: { baseConfig: 'lonely' } } } },
    };

    expect(configOf('customer', {}, [document])).toMatchObject({ failureRateThreshold: 80, slidingWindowSize: 100 });
  });

  it('an instance without a base builds on the configuration of its name before default', () => {
    const configs = { default: { slidingWindowSize: 10 }, customer: { failureRateThreshold: 80 } };
    const document = { resilience4j: { circuitbreaker: { configs } } };

    expect(configOf('customer', {}, [document])).toMatchObject({ failureRateThreshold: 80, slidingWindowSize: 100 });
  });

  it('base configurations that refer to each other are refused', () => {
    const configs = { one: { baseConfig: 'other' }, other: { baseConfig: 'one' } };

    expect(() => loaded([{ resilience4j: { circuitbreaker: { configs } } }])).toThrow(InvalidOptionsError);
  });

  it('variables can set configurations, and instances with a dash', () => {
    const ofDefault = { RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_SLIDINGWINDOWSIZE: '20' };
    const ofDashed = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_COUNT_SLOW_FAILURERATETHRESHOLD: '60' };
    const document = { resilience4j: { circuitbreaker: { instances: { 'count-slow': { slidingWindowSize: 5 } } } } };

    expect(configOf('customer', { env: ofDefault })).toMatchObject({ slidingWindowSize: 20 });
    expect(configOf('count-slow', { env: ofDashed }, [document])).toMatchObject({ failureRateThreshold: 60 });
  });

  it('variables can set instances with a dot, and entries of lists', () => {
    const env = {
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_V1_RECORDEXCEPTIONS_0: 'TypeError',
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_V1_RECORDEXCEPTIONS_1: 'RangeError',
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMERV1_SLIDINGWINDOWSIZE: '20',
    };
    const instances = { '[customer.v1]': { recordExceptions: 'SyntaxError' }, 'customer-v1': {} };
    const { circuitBreaker } = loaded([{ resilience4j: { circuitbreaker: { instances } } }], { env });

    expect(circuitBreaker.instances).toStrictEqual({
      'customer.v1': { recordExceptions: [TypeError, RangeError] },
      'customer-v1': { slidingWindowSize: 20 },
    });
  });

  it('a placeholder can refer to another key, and a Java class that is not registered is a warning', () => {
    const customer = { slidingWindowSize: '${my.size}', 'recordExceptions[0]': 'java.io.IOException' };
    const document = { my: { size: 30 }, resilience4j: { circuitbreaker: { instances: { customer } } } };

    expect(configOf('customer', {}, [document])).toMatchObject({ slidingWindowSize: 30 });
    expect(loaded([document]).warnings).toStrictEqual([expect.stringContaining('java.io.IOException')]);
  });

  it('a mistyped key is refused with a suggestion, and a variable replaces a pipeline', () => {
    const mistyped = { resilience4j: { circuitbreaker: { instances: { customer: { slidingWindowSiz: 5 } } } } };
    const declared = { resilience4j: { pipelines: { customer: ['retry', 'circuitBreaker'] } } };
    const env = { RESILIENCE4J_PIPELINES_CUSTOMER: 'circuitBreaker,bulkhead' };

    expect(() => loaded([mistyped])).toThrow('slidingWindowSize, if that is what you meant');
    expect(loaded([declared], { env }).pipelines).toStrictEqual({ customer: ['circuitBreaker', 'bulkhead'] });
  });
});
