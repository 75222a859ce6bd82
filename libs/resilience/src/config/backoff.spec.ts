import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { InvalidOptionsError } from '../core/errors.ts';
import { createRegistry } from '../core/policies.ts';
import { resilienceConfig } from './resilience-config.ts';

/** The first waits in OPEN of the instance `customer`. */
function waitsOf(definitions: string, random = () => 0): readonly number[] {
  const documents = [{ 'resilience4j.circuitbreaker': parse(definitions) as unknown }];
  const { circuitBreaker } = resilienceConfig([{ label: 'a.yml', documents }], { env: {}, random });
  const { config } = createRegistry('circuitBreaker', circuitBreaker).getOrCreate('customer');
  const wait = config.waitIntervalFunctionInOpenState ?? (() => config.waitDurationInOpenState ?? Number.NaN);
  return [1, 2, 3].map((attempt) => wait(attempt));
}

describe("Spring's properties of the wait in OPEN", () => {
  it('are constant if no back-off is enabled', () => {
    expect(
      waitsOf('instances.customer: { waitDurationInOpenState: 10s, exponentialBackoffMultiplier: 3 }'),
    ).toStrictEqual([10_000, 10_000, 10_000]);
  });

  it('grow exponentially from the wait', () => {
    const both = 'waitDurationInOpenState: 10s, enableExponentialBackoff: true';

    expect(waitsOf(`instances.customer: { ${both} }`)).toStrictEqual([10_000, 15_000, 22_500]);
    expect(waitsOf(`instances.customer: { ${both}, exponentialBackoffMultiplier: 2 }`)).toStrictEqual([
      10_000, 20_000, 40_000,
    ]);
    expect(waitsOf(`instances.customer: { ${both}, exponential-max-wait-duration-in-open-state: 12s }`)).toStrictEqual([
      10_000, 12_000, 12_000,
    ]);
  });

  it('randomize the wait', () => {
    const randomized = 'instances.customer: { waitDurationInOpenState: 10s, enableRandomizedWait: true';

    expect(waitsOf(`${randomized} }`, () => 0)[0]).toBe(5_000);
    expect(waitsOf(`${randomized}, randomizedWaitFactor: 0.1 }`, () => 0)[0]).toBe(9_000);
  });

  it('use a wait of 60 s by default', () => {
    expect(waitsOf('instances.customer: { enableExponentialBackoff: true }')[0]).toBe(60_000);
  });

  it.each([
    [
      'the wait',
      'configs.default: { enableExponentialBackoff: true }\ninstances.customer: { waitDurationInOpenState: 2s }',
    ],
    [
      'the backoff',
      'configs.default: { waitDurationInOpenState: 2s }\ninstances.customer: { enableExponentialBackoff: true }',
    ],
    [
      'the multiplier',
      `configs:
        default: { waitDurationInOpenState: 2s, enableExponentialBackoff: true, exponentialBackoffMultiplier: 9 }
        shared: { baseConfig: default }
instances.customer: { baseConfig: shared, exponentialBackoffMultiplier: 1.5 }`,
    ],
    [
      'nothing',
      'configs.default: { waitDurationInOpenState: 2s, enableExponentialBackoff: true }\ninstances.customer: {}',
    ],
  ])('apply together across base configurations: the instance sets %s', (_, definitions) => {
    expect(waitsOf(definitions)).toStrictEqual([2_000, 3_000, 4_500]);
  });

  it('build on the configuration with the name of the instance', () => {
    const definitions = `configs: { customer: { waitDurationInOpenState: 2s }, default: { waitDurationInOpenState: 9s } }
instances.customer: { enableExponentialBackoff: true }`;

    expect(waitsOf(definitions)).toStrictEqual([2_000, 3_000, 4_500]);
  });

  it('of a configuration grow from its own wait, not from that of an instance with its name', () => {
    const definitions = `configs.shared: { waitDurationInOpenState: 2s, enableExponentialBackoff: true }
instances: { shared: { waitDurationInOpenState: 9s }, customer: { baseConfig: shared } }`;

    expect(waitsOf(definitions)).toStrictEqual([2_000, 3_000, 4_500]);
  });

  it('accept a wait of 1 ms', () => {
    const definitions = 'instances.customer: { waitDurationInOpenState: 1, enableExponentialBackoff: true }';

    expect(waitsOf(`${definitions}\nconfigs.default.exponentialBackoffMultiplier: 2`)).toStrictEqual([1, 2, 4]);
  });

  it('disable an inherited back-off', () => {
    const definitions = `configs.default: { waitDurationInOpenState: 2s, enableExponentialBackoff: true }
instances.customer: { enableExponentialBackoff: false }`;

    expect(waitsOf(definitions)).toStrictEqual([2_000, 2_000, 2_000]);
  });

  it.each([
    'instances.customer: { enableExponentialBackoff: true, enableRandomizedWait: true }',
    'configs.default: { enableExponentialBackoff: true }\ninstances.customer: { enableRandomizedWait: true }',
  ])('reject exponential and randomized back-off together, inherited or not: %j', (definitions) => {
    expect(() => waitsOf(definitions)).toThrow(InvalidOptionsError);
    expect(() => waitsOf(definitions)).toThrow(
      /customer\.enableRandomizedWait is true together with a\.yml: .*enableExponentialBackoff; allowed: only one of the two/,
    );
  });

  it.each([
    ['exponentialBackoffMultiplier: 0', 'a number above 0'],
    ['exponentialBackoffMultiplier: fast', 'a number above 0'],
    ['randomizedWaitFactor: 1', 'a number of at least 0 and below 1'],
    ['exponentialMaxWaitDurationInOpenState: 0', 'a duration of at least 1 ms'],
  ])('have limits: %s', (setting, allowed) => {
    expect(() => waitsOf(`instances.customer: { ${setting} }`)).toThrow(`allowed: ${allowed}`);
  });
});

describe("Spring's properties of the wait between attempts", () => {
  function retryWaitsOf(definitions: string, random = () => 0): readonly number[] {
    const documents = [{ 'resilience4j.retry': parse(definitions) as unknown }];
    const { retry } = resilienceConfig([{ label: 'a.yml', documents }], { env: {}, random });
    const { config } = createRegistry('retry', retry).getOrCreate('customer');
    const wait = config.intervalFunction ?? (() => config.waitDuration ?? Number.NaN);
    return [1, 2, 3].map((attempt) => wait(attempt));
  }
  const customer = (settings: string) => `instances.customer: { ${settings} }`;

  it('are constant, grow exponentially, or are randomized', () => {
    expect(retryWaitsOf(customer('waitDuration: 0'))).toStrictEqual([0, 0, 0]);
    expect(retryWaitsOf(customer('enableExponentialBackoff: true'))).toStrictEqual([500, 750, 1_125]);
    expect(
      retryWaitsOf(customer('waitDuration: 1s, enableExponentialBackoff: true, exponentialMaxWaitDuration: 1200ms')),
    ).toStrictEqual([1_000, 1_200, 1_200]);
    expect(retryWaitsOf(customer('waitDuration: 1s, enableRandomizedWait: true'), () => 0)).toStrictEqual([
      500, 500, 500,
    ]);
  });

  it('grow exponentially and are randomized if both are enabled', () => {
    const both = 'waitDuration: 1s, enableExponentialBackoff: true, enableRandomizedWait: true';

    expect(retryWaitsOf(customer(both), () => 0)).toStrictEqual([500, 750, 1_125]);
    expect(
      retryWaitsOf(
        customer(`${both}, exponentialBackoffMultiplier: 2, randomizedWaitFactor: 0.1, exponentialMaxWaitDuration: 3s`),
        () => 0,
      ),
    ).toStrictEqual([900, 1_800, 3_000]);
  });

  it('apply together across base configurations', () => {
    const definitions = `configs.default: { waitDuration: 2s, enableRandomizedWait: true }
instances.customer: { enableExponentialBackoff: true, randomizedWaitFactor: 0 }`;

    expect(retryWaitsOf(definitions)).toStrictEqual([2_000, 3_000, 4_500]);
  });

  it.each([
    ['exponentialMaxWaitDuration: 3s', [2_000, 3_000, 3_000]],
    ['randomizedWaitFactor: 0.1', [2_000, 3_000, 4_500]],
    ['enableRandomizedWait: false', [2_000, 3_000, 4_500]],
    ['waitDuration: 4s', [4_000, 6_000, 9_000]],
  ])('apply together if the instance sets only %s', (setting, waits) => {
    const definitions = `configs.default: { waitDuration: 2s, enableExponentialBackoff: true }\n${customer(setting)}`;
    const documents = [{ 'resilience4j.retry': parse(definitions) as unknown }];
    const { retry } = resilienceConfig([{ label: 'a.yml', documents }], { env: {} });

    expect(retryWaitsOf(definitions)).toStrictEqual(waits);
    expect(retry.instances?.['customer']).toStrictEqual({ intervalFunction: expect.any(Function) });
  });

  it.each(['enableExponentialBackoff', 'enableRandomizedWait'])(
    'end where a configuration in between has a function: %s',
    (enabling) => {
      const inCode = { configs: { shared: { baseConfig: 'default', intervalFunction: () => 1 } } };
      const definitions = `configs.default.${enabling}: true\n${customer('baseConfig: shared, waitDuration: 2s')}`;
      const documents = [{ 'resilience4j.retry': parse(definitions) as unknown }];
      const { retry } = resilienceConfig([{ label: 'a.yml', documents }], { env: {}, retry: inCode });

      expect(retry.instances?.['customer']).toStrictEqual({ baseConfig: 'shared', waitDuration: 2_000 });
    },
  );

  it('do not replace an inherited function unless the instance sets a wait or enables a back-off', () => {
    const inCode = { configs: { default: { intervalFunction: () => 1 } } };
    const documents = [{ 'resilience4j.retry': parse(customer('exponentialBackoffMultiplier: 2')) as unknown }];
    const { retry } = resilienceConfig([{ label: 'a.yml', documents }], { env: {}, retry: inCode });

    expect(retry.instances?.['customer']).toStrictEqual({});
    expect(createRegistry('retry', retry).getOrCreate('customer').config.intervalFunction?.(1)).toBe(1);
  });

  it('reject exponential back-off with a wait of 0', () => {
    expect(() => retryWaitsOf(customer('waitDuration: 0, enableExponentialBackoff: true'))).toThrow(
      /customer\.waitDuration is 0 ms together with a\.yml: .*customer\.enableExponentialBackoff; allowed: at least 1 ms/,
    );
  });

  it('replace a function in code, with either signature', () => {
    const inCode = { instances: { customer: { intervalBiFunction: () => 1 } } };
    const documents = [{ 'resilience4j.retry': parse(customer('enableExponentialBackoff: true')) as unknown }];
    const { retry } = resilienceConfig([{ label: 'a.yml', documents }], { env: {}, retry: inCode });

    expect(retry.instances?.['customer']).toStrictEqual({ intervalFunction: expect.any(Function) });
  });
});
