import { describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { createRegistry } from '../policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { describeTransition, logTransitions } from './log-transitions.ts';

const down = new Error('down');

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const base: CircuitBreakerOptions = {
    slidingWindowSize: 5,
    minimumNumberOfCalls: 5,
    slowCallDurationThreshold: '2s',
    waitDurationInOpenState: '10s',
    permittedNumberOfCallsInHalfOpenState: 3,
  };
  const registry = createRegistry(
    'circuitBreaker',
    { configs: { base, default: { baseConfig: 'base', ...options } } },
    { clock },
  );
  const lines: string[] = [];
  const fields: Readonly<Record<string, unknown>>[] = [];
  const writer = (level: string) => (message: string, lineFields: Readonly<Record<string, unknown>>) => {
    lines.push(`${level}: ${message}`);
    fields.push(lineFields);
  };
  const stop = logTransitions(registry, { info: writer('info'), warn: writer('warn') });
  return { clock, registry, breaker: registry.getOrCreate('customer'), lines, fields, stop };
}

describe('describeTransition', () => {
  it('reports for OPEN the rate that reached its threshold, its calls and the wait', () => {
    const { breaker, lines, fields } = setUp();

    for (const failure of [down, down, down, undefined, undefined]) {
      if (failure === undefined) breaker.onSuccess(1);
      else breaker.onError(1, failure);
    }

    expect(lines).toStrictEqual([
      "warn: CircuitBreaker 'customer' went from CLOSED to OPEN: " +
        '60 % of calls failed (3 of 5; the threshold is 50 %). It refuses calls for 10 s.',
    ]);
    expect(fields[0]).toMatchObject({
      circuitBreaker: 'customer',
      fromState: 'CLOSED',
      toState: 'OPEN',
      failureRate: 60,
      failureRateThreshold: 50,
      slowCallRate: 0,
      slowCallRateThreshold: 100,
      bufferedCalls: 5,
      failedCalls: 3,
      waitMs: 10_000,
    });
  });

  it('reports for OPEN each rate that reached its threshold', () => {
    const { breaker, lines } = setUp({ slowCallRateThreshold: 60, combinedRateThreshold: 80 });

    for (let call = 0; call < 3; call++) breaker.onSuccess(2_001);
    breaker.onError(1, down);
    breaker.onSuccess(1);

    expect(lines).toStrictEqual([
      "warn: CircuitBreaker 'customer' went from CLOSED to OPEN: " +
        '60 % of calls took longer than 2 s (3 of 5; the threshold is 60 %), and ' +
        '80 % of calls failed or were slow (4 of 5; the threshold is 80 %). It refuses calls for 10 s.',
    ]);
  });

  it('reports the trial calls from HALF_OPEN to OPEN', () => {
    const { breaker, lines } = setUp();
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();

    for (const failure of [down, down, undefined]) {
      if (failure === undefined) breaker.onSuccess(1);
      else breaker.onError(1, failure);
    }

    expect(lines.at(-1)).toBe(
      "warn: CircuitBreaker 'customer' went from HALF_OPEN to OPEN: " +
        '66.7 % of calls failed (2 of 3; the threshold is 50 %). It refuses calls for 10 s.',
    );
  });

  it('reports no rate for OPEN by hand', () => {
    const { breaker, lines } = setUp();

    breaker.onError(1, down);
    breaker.transitionToOpenStateFor('1m');

    expect(lines).toStrictEqual([
      "warn: CircuitBreaker 'customer' went from CLOSED to OPEN: " +
        'no rate reached its threshold; opened by hand or by transitionOnResult. It refuses calls for 1 min.',
    ]);
  });

  it('reports the maximum duration of HALF_OPEN as a possible cause of OPEN', () => {
    const { breaker, clock, lines } = setUp({ maxWaitDurationInHalfOpenState: '5s' });
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();

    clock.advance(5_000);

    expect(lines.at(-1)).toContain('no rate reached its threshold; HALF_OPEN lasted 5 s, or it was opened by hand');
  });

  it.each<[string, CircuitBreakerOptions]>([
    ['it has no maximum', { initialState: 'HALF_OPEN' }],
    [
      'CLOSED follows it',
      {
        initialState: 'HALF_OPEN',
        maxWaitDurationInHalfOpenState: '5s',
        transitionToStateAfterWaitDuration: 'CLOSED',
      },
    ],
    ['another state was before OPEN', { maxWaitDurationInHalfOpenState: '5s' }],
  ])('does not report the maximum duration of HALF_OPEN as a cause when %s', (_when, options) => {
    const { breaker, lines } = setUp(options);

    breaker.transitionToOpenState();

    expect(lines[0]).toMatch(/ to OPEN: no rate reached its threshold; opened by hand or by transitionOnResult\./);
  });

  it('counts a call that failed and was slow once', () => {
    const { breaker, lines } = setUp({
      failureRateThreshold: 100,
      slowCallRateThreshold: 100,
      combinedRateThreshold: 40,
    });

    breaker.onError(2_001, down);
    breaker.onError(1, down);
    for (let call = 0; call < 3; call++) breaker.onSuccess(1);

    expect(lines[0]).toContain('OPEN: 40 % of calls failed or were slow (2 of 5; the threshold is 40 %). It');
  });

  it('reports no wait when OPEN was left before the description', () => {
    const { breaker } = setUp({ initialState: 'DISABLED' });
    const opened = { fromState: 'CLOSED', toState: 'OPEN', circuitBreakerName: 'customer', creationTime: 0 } as const;

    const { message } = describeTransition(breaker, { type: 'STATE_TRANSITION', ...opened });

    expect(message).toMatch(/transitionOnResult\. It refuses calls\.$/);
  });

  it('logs the recovery at level info with the thresholds that apply next', () => {
    const { breaker, lines } = setUp({ combinedRateThreshold: 75 });
    breaker.transitionToOpenState();

    breaker.transitionToHalfOpenState();
    for (let call = 0; call < 3; call++) breaker.onSuccess(1);

    expect(lines.slice(1)).toStrictEqual([
      "info: CircuitBreaker 'customer' went from OPEN to HALF_OPEN: it permits 3 trial calls.",
      "info: CircuitBreaker 'customer' went from HALF_OPEN to CLOSED: " +
        'it permits all calls until 50 % of them fail or 100 % are slow or 75 % fail or are slow.',
    ]);
  });

  it('has fields with the numbers of the recovery', () => {
    const { breaker, fields } = setUp();
    const thresholds = { failureRateThreshold: 50, slowCallRateThreshold: 100 };
    const circuitBreaker = 'customer';
    breaker.transitionToOpenState();

    breaker.transitionToHalfOpenState();
    breaker.transitionToClosedState();

    expect(fields.slice(1)).toStrictEqual([
      {
        circuitBreaker,
        fromState: 'OPEN',
        toState: 'HALF_OPEN',
        ...thresholds,
        permittedNumberOfCallsInHalfOpenState: 3,
      },
      { circuitBreaker, fromState: 'HALF_OPEN', toState: 'CLOSED', ...thresholds },
    ]);
  });

  it('names only the thresholds that are configured, and one trial call in the singular', () => {
    const { breaker, lines } = setUp({ permittedNumberOfCallsInHalfOpenState: 1 });
    breaker.transitionToOpenState();

    breaker.transitionToHalfOpenState();
    breaker.transitionToClosedState();

    expect(lines.slice(1)).toStrictEqual([
      expect.stringMatching(/: it permits 1 trial call\.$/),
      expect.stringMatching(/: it permits all calls until 50 % of them fail or 100 % are slow\.$/),
    ]);
  });

  it('logs FORCED_OPEN, DISABLED and METRICS_ONLY at level warn', () => {
    const { breaker, lines, fields } = setUp();

    breaker.transitionToForcedOpenState();
    breaker.transitionToDisabledState();
    breaker.transitionToMetricsOnlyState();

    expect(lines).toStrictEqual([
      "warn: CircuitBreaker 'customer' went from CLOSED to FORCED_OPEN: " +
        'it was opened by hand and refuses all calls until its state is changed.',
      "warn: CircuitBreaker 'customer' went from FORCED_OPEN to DISABLED: " +
        'it was disabled by hand and permits all calls unrecorded until its state is changed.',
      "warn: CircuitBreaker 'customer' went from DISABLED to METRICS_ONLY: " +
        'it was set by hand to permit and count all calls until its state is changed.',
    ]);
    expect(fields[0]).toStrictEqual({ circuitBreaker: 'customer', fromState: 'CLOSED', toState: 'FORCED_OPEN' });
  });
});

describe('logTransitions', () => {
  it('logs nothing when a state is entered again', () => {
    const { breaker, lines } = setUp();

    breaker.transitionToClosedState();
    breaker.reset();

    expect(lines).toStrictEqual([]);
  });

  it('follows the registry until it is stopped', () => {
    const { breaker, registry, lines, stop } = setUp();

    registry.getOrCreate('ledger').transitionToOpenState();
    registry.remove('customer');
    breaker.transitionToForcedOpenState();
    expect(lines).toHaveLength(1);
    stop();
    registry.getOrCreate('ledger').transitionToForcedOpenState();

    expect(lines).toHaveLength(1);
  });
});
