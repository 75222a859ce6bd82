import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import {
  type CircuitBreakerOptions,
  circuitBreakerOptions,
} from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import { createRegistry } from '../../core/policies.ts';
import { OpossumCircuitBreaker, opossumEngine } from './opossum-circuit-breaker.ts';
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

describe('The options of a circuit breaker on opossum', () => {
  it.each(limits)('reject $option $value, which the sliding window supports', ({ option, example, reason }) => {
    const options = { slidingWindowType: 'TIME_BASED', [option]: example } as CircuitBreakerOptions;
    const given = option === 'slidingWindowSize' && example === 10 ? { slidingWindowSize: 10 } : options;

    const faults = faultsOf(given);

    expect(faults).toMatchObject([{ option, given: expect.stringContaining(`opossum does not support: ${reason}`) }]);
    expect(faults[0]?.allowed).toMatch(/, or the engine sliding-window$/);
    expect(() => new CircuitBreaker('customer', given)).not.toThrow();
  });

  it('are rejected in one error that lists unsupported and invalid options', () => {
    const definitions = {
      configs: { default: { slidingWindowType: 'COUNT_BASED', slowCallRateThreshold: 50 } },
      instances: { customer: { engine: 'opossum', failureRateThreshold: 101, healthProbe: () => true } },
    } as const;

    expect(() => createRegistry('circuitBreaker', definitions, { engines: { opossum: opossumEngine } })).toThrow(
      [
        'The CircuitBreaker configuration has 4 invalid options:',
        '  - instances.customer.failureRateThreshold is 101; allowed: a percentage above 0 and at most 100',
        "  - instances.customer.slidingWindowType is 'COUNT_BASED', which opossum does not support: it has no window of calls, " +
          'only one of seconds; allowed: TIME_BASED, or the engine sliding-window',
        '  - instances.customer.slowCallRateThreshold is 50, which opossum does not support: it does not measure how long ' +
          'calls take; allowed: to leave it out, or the engine sliding-window',
        '  - instances.customer.healthProbe is a function, which opossum does not support: it does not check the ' +
          'dependency in OPEN (its own health check only opens); allowed: to leave it out, or the engine sliding-window',
      ].join('\n'),
    );
  });

  it('accept the values that match the behaviour of opossum', () => {
    expect(
      faultsOf({
        slidingWindowType: 'TIME_BASED',
        slidingWindowSize: 30,
        permittedNumberOfCallsInHalfOpenState: 1,
        maxWaitDurationInHalfOpenState: '0s',
        automaticTransitionFromOpenToHalfOpenEnabled: true,
        waitJitterFactor: 0,
        rampUpSteps: [],
        slowCallsInFlightEnabled: false,
        abortCallsOnOpen: false,
        initialState: 'CLOSED',
      }),
    ).toStrictEqual([]);
  });

  it('are listed once each, also when they are both unsupported and invalid', () => {
    expect(faultsOf({ waitJitterFactor: 2 })).toHaveLength(1);
  });

  it('are each either supported or listed as unsupported', () => {
    const supported = [
      'failureRateThreshold',
      'minimumNumberOfCalls',
      'recordExceptions',
      'ignoreExceptions',
      'recordException',
      'ignoreException',
      'recordResult',
      'classification',
      'writableStackTraceEnabled',
      'eventConsumerBufferSize',
      'engine',
    ];
    const limited = opossumLimits.map(({ option }) => option);

    expect([...new Set([...supported, ...limited])].sort()).toStrictEqual(
      Object.keys(circuitBreakerOptions.rules).sort(),
    );
  });

  it('have the defaults of opossum where it differs from the sliding window', () => {
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

  it('are converted to options of opossum', () => {
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
    'open at a threshold of %d %%, where opossum alone would stay closed',
    (percent) => {
      const { config } = new OpossumCircuitBreaker('customer', { failureRateThreshold: percent });
      const { errorThresholdPercentage } = toOpossumOptions('customer', config, 'CLOSED');
      const failures = percent * 10;

      // The arithmetic and the comparison of opossum, which rounds 29 of 100 to less than 29 %.
      expect((failures / 1_000) * 100 > errorThresholdPercentage).toBe(true);
      expect(((failures - 0.001) / 1_000) * 100 > errorThresholdPercentage).toBe(false);
    },
  );

  it('conflict when an instance is created with two different definitions', () => {
    const registry = createRegistry('circuitBreaker', {}, { engines: { opossum: opossumEngine } });
    const customer = registry.getOrCreate('customer', { engine: 'opossum', minimumNumberOfCalls: 7 });

    expect(registry.getOrCreate('customer', { engine: 'opossum', minimumNumberOfCalls: 7 })).toBe(customer);
    expect(() => registry.getOrCreate('customer', { minimumNumberOfCalls: 7 })).toThrow(/exists already.*engine/);
    // No timer is left by the circuit breakers that were created for the comparison.
    registry.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('The timers of opossum (corefx#26067)', () => {
  it('are set outside the async context of the request that created or opened the circuit breaker', async () => {
    const currentRequest = new AsyncLocalStorage<string>();
    const requests: (string | undefined)[] = [];
    for (const name of ['setTimeout', 'setInterval'] as const) {
      const set = globalThis[name];
      vi.spyOn(globalThis, name).mockImplementation(((callback: () => void, delayMs: number) => {
        requests.push(currentRequest.getStore());
        return set(callback, delayMs);
      }) as never);
    }

    const breaker = await currentRequest.run('request 1', async () => {
      const created = new OpossumCircuitBreaker('customer', {
        slidingWindowType: 'TIME_BASED',
        minimumNumberOfCalls: 1,
      });
      await created.execute(() => Promise.reject(new Error('outage'))).catch(() => {});
      return created;
    });

    expect(breaker.state).toBe('OPEN');
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(requests).toStrictEqual(requests.map(() => undefined));
    breaker.dispose();
    vi.restoreAllMocks();
  });
});
