import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import {
  type CircuitBreakerOptions,
  circuitBreakerOptionRules,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { CircuitBreakerRegistry } from '../../core/circuit-breaker/circuit-breaker.registry.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import { OpossumCircuitBreaker } from './opossum-circuit-breaker.ts';
import { opossumEngine } from './opossum.engine.ts';
import { opossumLimits, toOpossumOptions } from './opossum.options.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const limits = opossumLimits.map((limit) => ({ ...limit, value: JSON.stringify(limit.example) ?? 'a function' }));

function faultsOf(options: CircuitBreakerOptions): InvalidOptionsError['faults'] {
  try {
    new OpossumCircuitBreaker('customer', options).dispose();
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.faults;
    throw error;
  }
  return [];
}

describe('A circuit breaker on opossum and its options', () => {
  it.each(limits)('refuses $option $value by name, which the sliding window takes', ({ option, example, reason }) => {
    const options = { slidingWindowType: 'TIME_BASED', [option]: example } as CircuitBreakerOptions;
    const given = option === 'slidingWindowSize' && example === 10 ? { slidingWindowSize: 10 } : options;

    const faults = faultsOf(given);

    expect(faults).toMatchObject([{ option, given: expect.stringContaining(`opossum cannot honour: ${reason}`) }]);
    expect(faults[0]?.allowed).toMatch(/, or the engine sliding-window$/);
    expect(() => new CircuitBreaker('customer', given)).not.toThrow();
  });

  it('lists all that it refuses in one error, beside what no engine would take', () => {
    const definitions = {
      configs: { default: { slidingWindowType: 'COUNT_BASED', slowCallRateThreshold: 50 } },
      instances: { customer: { engine: 'opossum', failureRateThreshold: 101, healthProbe: () => true } },
    } as const;

    expect(() => new CircuitBreakerRegistry(definitions, { engines: { opossum: opossumEngine } })).toThrow(
      [
        'The CircuitBreaker configuration has 4 invalid options:',
        '  - instances.customer.failureRateThreshold is 101; allowed: a percentage above 0 and at most 100',
        "  - instances.customer.slidingWindowType is 'COUNT_BASED', which opossum cannot honour: it has no window of calls, " +
          'only one of seconds; allowed: TIME_BASED, or the engine sliding-window',
        '  - instances.customer.slowCallRateThreshold is 50, which opossum cannot honour: it does not judge how long calls ' +
          'take; allowed: to leave it out, or the engine sliding-window',
        '  - instances.customer.healthProbe is a function, which opossum cannot honour: it asks nobody how the dependency ' +
          'is before it tries (its own health check opens, and never closes); allowed: to leave it out, or the engine ' +
          'sliding-window',
      ].join('\n'),
    );
  });

  it('takes the values that ask for what opossum does anyway', () => {
    expect(
      faultsOf({
        slidingWindowType: 'TIME_BASED',
        slidingWindowSize: 30,
        permittedNumberOfCallsInHalfOpenState: 1,
        maxWaitDurationInHalfOpenState: '0s',
        automaticTransitionFromOpenToHalfOpenEnabled: true,
        waitJitterFactor: 0,
        rampUpSteps: [],
        abortCallsOnOpen: false,
        initialState: 'CLOSED',
      }),
    ).toStrictEqual([]);
  });

  it('says no more than once what is wrong with an option', () => {
    expect(faultsOf({ waitJitterFactor: 2 })).toHaveLength(1);
  });

  it('has a decision for every option that there is', () => {
    const honoured = [
      'failureRateThreshold',
      'minimumNumberOfCalls',
      'recordExceptions',
      'ignoreExceptions',
      'recordException',
      'ignoreException',
      'recordResult',
      'writableStackTraceEnabled',
      'eventConsumerBufferSize',
      'engine',
    ];
    const limited = opossumLimits.map(({ option }) => option);

    expect([...new Set([...honoured, ...limited])].sort()).toStrictEqual(Object.keys(circuitBreakerOptionRules).sort());
  });

  it('shows what opossum does where a default of the sliding window is something else', () => {
    const { config } = new OpossumCircuitBreaker('customer');

    expect(config).toMatchObject({
      engine: 'opossum',
      slidingWindowType: 'TIME_BASED',
      permittedNumberOfCallsInHalfOpenState: 1,
      automaticTransitionFromOpenToHalfOpenEnabled: true,
      failureRateThreshold: 50,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('are turned into those of opossum', () => {
    const { config } = new OpossumCircuitBreaker('customer', {
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 30,
      minimumNumberOfCalls: 7,
      failureRateThreshold: 40,
      waitDurationInOpenState: '2s',
    });

    expect(toOpossumOptions('customer', config, 'CLOSED')).toMatchObject({
      name: 'customer',
      errorThresholdPercentage: expect.closeTo(40, 10),
      resetTimeout: 2_000,
      rollingCountTimeout: 30_000,
      rollingCountBuckets: 30,
      volumeThreshold: 7,
      timeout: false,
      allowWarmUp: false,
    });
    expect(toOpossumOptions('customer', { ...config, slidingWindowSize: 3_600 }, 'CLOSED')).toMatchObject({
      rollingCountTimeout: 3_600_000,
      rollingCountBuckets: 600,
    });
  });

  it.each([1, 29, 33.3, 50, 57, 99.9, 100])(
    'opens at a threshold of %d %%, as opossum by itself would not',
    (percent) => {
      const { config } = new OpossumCircuitBreaker('customer', { failureRateThreshold: percent });
      const { errorThresholdPercentage } = toOpossumOptions('customer', config, 'CLOSED');
      const failures = percent * 10;

      // The arithmetic and the comparison of opossum, which rounds 29 of 100 to less than 29 %.
      expect((failures / 1_000) * 100 > errorThresholdPercentage).toBe(true);
      expect(((failures - 0.001) / 1_000) * 100 > errorThresholdPercentage).toBe(false);
    },
  );

  it('makes its circuit breakers conflict like any others when they are defined twice', () => {
    const registry = new CircuitBreakerRegistry({}, { engines: { opossum: opossumEngine } });
    const customer = registry.circuitBreaker('customer', { engine: 'opossum', minimumNumberOfCalls: 7 });

    expect(registry.circuitBreaker('customer', { engine: 'opossum', minimumNumberOfCalls: 7 })).toBe(customer);
    expect(() => registry.circuitBreaker('customer', { minimumNumberOfCalls: 7 })).toThrow(/exists already.*engine/);
    // Those that were made to be compared have not left their timers behind.
    registry.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});
