import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { optionChanges } from '../core/definitions.ts';
import { createRegistries, kindsOf } from '../core/policies.ts';
import { type StandardOptions, standardPipeline } from '../core/standard-pipeline.ts';
import { resilienceConfig, type ResilienceConfigContext } from './resilience-config.ts';

function configIn(text: string, context: ResilienceConfigContext = {}) {
  const files = [{ label: 'a.yml', documents: [{ resilience4j: parse(text) as unknown }] }];
  return resilienceConfig(files, { env: {}, ...context });
}

const members = ['deadline', 'retry', 'circuitBreaker', 'timeLimiter', 'bulkhead'];
const standard = 'pipelines: { payments: standard }';

/** The differences between the policies that a file and that code define. */
function differences(text: string, overrides: StandardOptions = {}) {
  const inFile = createRegistries(configIn(text));
  const inCode = createRegistries();
  standardPipeline('payments', overrides, inCode);
  return kindsOf().flatMap((kind) => {
    expect(inFile[kind].names()).toStrictEqual(inCode[kind].names());
    const names = inCode[kind].names();
    return names.flatMap((name) =>
      optionChanges(inCode[kind].getOrCreate(name).config, inFile[kind].getOrCreate(name).config),
    );
  });
}

describe('a standard pipeline in a file', () => {
  it.each([standard, 'pipelines.payments: [Standard]'])('has the policies of the standard: %s', (text) => {
    expect(configIn(text).pipelines).toStrictEqual({ payments: members });
  });

  it('has the same options as one in code', () => {
    expect(differences(standard)).toStrictEqual([]);
  });

  it('has the same options as one in code with the same overrides', () => {
    const text = `
      pipelines.payments: standard
      deadline.instances.payments.timeoutDuration: 5s
      timelimiter.instances.payments.timeoutDuration: 2s
      retry.instances.payments: { waitDuration: 100ms, maxAttempts: 4 }
      circuitbreaker.instances.payments: { slidingWindowType: COUNT_BASED, slidingWindowSize: 50 }
      retrybudget.instances.payments.retryRatio: 0.1
      ratelimiter.instances.payments.limitForPeriod: 10`;
    const overrides: StandardOptions = {
      deadline: { timeoutDuration: '5s' },
      timeLimiter: { timeoutDuration: '2s' },
      retry: { waitDuration: 100, maxAttempts: 4 },
      circuitBreaker: { slidingWindowType: 'COUNT_BASED', slidingWindowSize: 50 },
      retryBudget: { retryRatio: 0.1 },
      rateLimiter: { limitForPeriod: 10 },
    };

    expect(differences(text, overrides)).toStrictEqual([]);
    expect(configIn(text).pipelines).toStrictEqual({
      payments: ['deadline', 'retry', 'circuitBreaker', 'rateLimiter', 'timeLimiter', 'bulkhead'],
    });
  });

  it('has its defaults below those of base configurations and of the environment', () => {
    const text = `
      pipelines.payments: standard
      circuitbreaker.configs: { default: { slidingWindowSize: 12 }, strict: { failureRateThreshold: 5 } }
      circuitbreaker.instances.payments.baseConfig: strict
      timelimiter.configs.default.timeoutDuration: 7s`;
    const env = { RESILIENCE4J_DEADLINE_INSTANCES_PAYMENTS_TIMEOUTDURATION: '4s' };
    const registries = createRegistries(configIn(text, { env }));

    expect(registries.circuitBreaker.getOrCreate('payments').config).toMatchObject({
      failureRateThreshold: 5,
      slidingWindowSize: 30,
    });
    expect(registries.timeLimiter.getOrCreate('payments').config.timeoutDuration).toBe(7_000);
    expect(registries.deadline.getOrCreate('payments').config.timeoutDuration).toBe(4_000);
  });

  it('changes no instance of another name', () => {
    const text = `${standard}\nretry.instances.stock: {}`;
    const { config } = createRegistries(configIn(text)).retry.getOrCreate('stock');

    expect(config).toMatchObject({ classification: undefined, waitDuration: 500 });
  });

  it('can be declared in code and replaced by a file', () => {
    const pipelines = { payments: 'standard', stock: ['retry'] } as const;

    expect(configIn('{}', { pipelines }).pipelines).toStrictEqual({ payments: members, stock: ['retry'] });
    expect(configIn('pipelines.payments: [bulkhead]', { pipelines }).pipelines).toMatchObject({
      payments: ['bulkhead'],
    });
  });

  it('reports a mistyped standard, one within a list, and invalid overrides with their place', () => {
    expect(() => configIn('pipelines.payments: standart')).toThrow(/'standart', which is no policy; allowed: standard/);
    expect(() => configIn('pipelines.payments: [retry, standard]')).toThrow(/or standard alone|standard, if that is/);
    expect(() => configIn(`${standard}\ndeadline.instances.payments.timeoutDuration: soon`)).toThrow(
      /a\.yml.*deadline\.instances\.payments\.timeoutDuration is 'soon'/,
    );
  });
});
