import { Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import { createRegistry, type FollowableRegistries, policies } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { bindToPrometheus, type PrometheusOptions } from './bind-to-prometheus.ts';

const down = new Error('down');

function bound(registries: FollowableRegistries, options: PrometheusOptions = {}) {
  const prometheus = new Registry();
  const unbind = bindToPrometheus(registries, prometheus, { callDurationBuckets: [0.1, 1], ...options });
  /** The lines of the metrics whose names start with the prefix, without HELP lines. */
  const scrape = async (prefix: string): Promise<string[]> =>
    (await prometheus.metrics())
      .split('\n')
      .filter((line) => line.replace(/^# (HELP|TYPE) /, '').startsWith(prefix))
      .filter((line) => !line.startsWith('# HELP'));
  return { prometheus, unbind, scrape };
}

function withBreakers(options: CircuitBreakerOptions = {}, prometheusOptions: PrometheusOptions = {}) {
  const clock = new FakeClock();
  const circuitBreakerRegistry = createRegistry('circuitBreaker', { configs: { default: options } }, { clock });
  const customer = circuitBreakerRegistry.getOrCreate('customer');
  return {
    clock,
    circuitBreakerRegistry,
    customer,
    ...bound({ circuitBreaker: circuitBreakerRegistry }, { clock, ...prometheusOptions }),
  };
}

describe('bindToPrometheus for circuit breakers', () => {
  it('exports 1 for the current state and 0 for the others', async () => {
    const { customer, scrape } = withBreakers();

    customer.transitionToOpenState();
    customer.transitionToHalfOpenState();

    expect(await scrape('resilience4j_circuitbreaker_state')).toStrictEqual([
      '# TYPE resilience4j_circuitbreaker_state gauge',
      'resilience4j_circuitbreaker_state{name="customer",state="closed"} 0',
      'resilience4j_circuitbreaker_state{name="customer",state="open"} 0',
      'resilience4j_circuitbreaker_state{name="customer",state="half_open"} 1',
      'resilience4j_circuitbreaker_state{name="customer",state="disabled"} 0',
      'resilience4j_circuitbreaker_state{name="customer",state="metrics_only"} 0',
      'resilience4j_circuitbreaker_state{name="customer",state="forced_open"} 0',
    ]);
  });

  it('exports histograms of call durations in seconds by outcome', async () => {
    const { customer, scrape } = withBreakers({ ignoreExceptions: [TypeError] });

    customer.onSuccess(50);
    customer.onSuccess(250);
    customer.onError(4_000, down);
    customer.onError(1, new TypeError('not its fault'));
    customer.onSuccess(100);

    expect(await scrape('resilience4j_circuitbreaker_calls_seconds')).toStrictEqual([
      '# TYPE resilience4j_circuitbreaker_calls_seconds histogram',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="0.1",name="customer",kind="successful"} 2',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="1",name="customer",kind="successful"} 3',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="+Inf",name="customer",kind="successful"} 3',
      'resilience4j_circuitbreaker_calls_seconds_sum{name="customer",kind="successful"} 0.4',
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful"} 3',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="0.1",name="customer",kind="failed"} 0',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="1",name="customer",kind="failed"} 0',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="+Inf",name="customer",kind="failed"} 1',
      'resilience4j_circuitbreaker_calls_seconds_sum{name="customer",kind="failed"} 4',
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed"} 1',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="0.1",name="customer",kind="ignored"} 1',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="1",name="customer",kind="ignored"} 1',
      'resilience4j_circuitbreaker_calls_seconds_bucket{le="+Inf",name="customer",kind="ignored"} 1',
      'resilience4j_circuitbreaker_calls_seconds_sum{name="customer",kind="ignored"} 0.001',
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="ignored"} 1',
      '# TYPE resilience4j_circuitbreaker_calls_seconds_max gauge',
      'resilience4j_circuitbreaker_calls_seconds_max{name="customer",kind="successful"} 0.25',
      'resilience4j_circuitbreaker_calls_seconds_max{name="customer",kind="failed"} 4',
      'resilience4j_circuitbreaker_calls_seconds_max{name="customer",kind="ignored"} 0.001',
    ]);
  });

  it('exports the longest recent call, also without scrapes in the meantime', async () => {
    const { customer, clock, scrape } = withBreakers();

    customer.onSuccess(250);
    clock.advance(600_000);
    customer.onSuccess(50);

    expect(await scrape('resilience4j_circuitbreaker_calls_seconds_max')).toContain(
      'resilience4j_circuitbreaker_calls_seconds_max{name="customer",kind="successful"} 0.05',
    );
  });

  it('removes the longest call from the maximum after three minutes of the given clock', async () => {
    const { customer, clock, scrape } = withBreakers();

    customer.onSuccess(250);
    clock.advance(180_000);

    expect(await scrape('resilience4j_circuitbreaker_calls_seconds_max')).toContain(
      'resilience4j_circuitbreaker_calls_seconds_max{name="customer",kind="successful"} 0',
    );
  });

  it('uses Micrometer’s buckets by default, and only +Inf for an empty list', async () => {
    const { prometheus } = (() => {
      const circuitBreakerRegistry = createRegistry('circuitBreaker');
      circuitBreakerRegistry.getOrCreate('customer');
      const prometheus = new Registry();
      bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, prometheus);
      return { prometheus };
    })();
    const bare = withBreakers({}, { callDurationBuckets: [] });

    const byDefault = (await prometheus.metrics()).match(/_bucket\{.*kind="failed"/g);
    expect(byDefault).toHaveLength(69);
    expect(byDefault?.slice(0, 2)).toStrictEqual([
      '_bucket{le="0.001",name="customer",kind="failed"',
      '_bucket{le="0.001048576",name="customer",kind="failed"',
    ]);
    expect((await bare.prometheus.metrics()).match(/_bucket\{.*kind="failed"/g)).toStrictEqual([
      '_bucket{le="+Inf",name="customer",kind="failed"',
    ]);
  });

  it('exports the calls, slow calls, rates and size of the window', async () => {
    const { customer, scrape } = withBreakers({
      slidingWindowSize: 4,
      minimumNumberOfCalls: 4,
      failureRateThreshold: 100,
      slowCallDurationThreshold: 100,
    });
    const window = async () => [
      ...(await scrape('resilience4j_circuitbreaker_buffered')),
      ...(await scrape('resilience4j_circuitbreaker_max_buffered')),
      ...(await scrape('resilience4j_circuitbreaker_slow')),
      ...(await scrape('resilience4j_circuitbreaker_failure_rate')),
      ...(await scrape('breakwater_circuitbreaker_combined_rate')),
    ];

    customer.onSuccess(1);
    customer.onSuccess(101);
    customer.onError(500, down);
    expect(await window()).toContain('resilience4j_circuitbreaker_failure_rate{name="customer"} -1');
    customer.onError(1, down);

    expect(await window()).toStrictEqual([
      '# TYPE resilience4j_circuitbreaker_buffered_calls gauge',
      'resilience4j_circuitbreaker_buffered_calls{name="customer",kind="failed"} 2',
      'resilience4j_circuitbreaker_buffered_calls{name="customer",kind="successful"} 2',
      '# TYPE resilience4j_circuitbreaker_max_buffered_calls gauge',
      'resilience4j_circuitbreaker_max_buffered_calls{name="customer"} 4',
      '# TYPE resilience4j_circuitbreaker_slow_calls gauge',
      'resilience4j_circuitbreaker_slow_calls{name="customer",kind="successful"} 1',
      'resilience4j_circuitbreaker_slow_calls{name="customer",kind="failed"} 1',
      '# TYPE resilience4j_circuitbreaker_slow_call_rate gauge',
      'resilience4j_circuitbreaker_slow_call_rate{name="customer"} 50',
      '# TYPE resilience4j_circuitbreaker_failure_rate gauge',
      'resilience4j_circuitbreaker_failure_rate{name="customer"} 50',
      '# TYPE breakwater_circuitbreaker_combined_rate gauge',
      'breakwater_circuitbreaker_combined_rate{name="customer"} 75',
    ]);
  });

  it('exports the number of trial calls as window size in HALF_OPEN, and no size for a TIME_BASED window', async () => {
    const { customer, circuitBreakerRegistry, scrape } = withBreakers({ permittedNumberOfCallsInHalfOpenState: 3 });
    circuitBreakerRegistry.getOrCreate('ledger', { slidingWindowType: 'TIME_BASED' });

    customer.transitionToOpenState();
    customer.transitionToHalfOpenState();

    expect(await scrape('resilience4j_circuitbreaker_max_buffered_calls{')).toStrictEqual([
      'resilience4j_circuitbreaker_max_buffered_calls{name="customer"} 3',
    ]);
  });

  it('counts refused calls, under the current and the older metric name', async () => {
    const { customer, scrape } = withBreakers();

    customer.transitionToOpenState();
    for (let call = 0; call < 3; call++) customer.tryAcquirePermission();

    expect([
      ...(await scrape('resilience4j_circuitbreaker_not_permitted')),
      ...(await scrape('resilience4j_circuitbreaker_calls_total')),
    ]).toStrictEqual([
      '# TYPE resilience4j_circuitbreaker_not_permitted_calls_total counter',
      'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted"} 3',
      '# TYPE resilience4j_circuitbreaker_calls_total counter',
      'resilience4j_circuitbreaker_calls_total{name="customer",kind="not_permitted"} 3',
    ]);
  });

  it('exports the same values in a second scrape', async () => {
    const { customer, scrape } = withBreakers();
    customer.transitionToOpenState();
    customer.tryAcquirePermission();

    const first = await scrape('');
    const second = await scrape('');

    expect(second).toStrictEqual(first);
  });

  it('exports transitions, the admission percentage, and health probes of circuit breakers that have one', async () => {
    const { customer, circuitBreakerRegistry, clock, scrape } = withBreakers({
      permittedNumberOfCallsInHalfOpenState: 1,
      rampUpSteps: [25],
    });
    const healthProbe = () => false;
    circuitBreakerRegistry.getOrCreate('ledger', { healthProbe }).transitionToOpenState();

    customer.transitionToOpenState();
    customer.transitionToHalfOpenState();
    customer.onSuccess(1);
    clock.advance(5_000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();

    expect(await scrape('breakwater_circuitbreaker')).toStrictEqual([
      '# TYPE breakwater_circuitbreaker_combined_rate gauge',
      'breakwater_circuitbreaker_combined_rate{name="customer"} -1',
      'breakwater_circuitbreaker_combined_rate{name="ledger"} -1',
      '# TYPE breakwater_circuitbreaker_admission_percentage gauge',
      'breakwater_circuitbreaker_admission_percentage{name="customer"} 25',
      'breakwater_circuitbreaker_admission_percentage{name="ledger"} 0',
      '# TYPE breakwater_circuitbreaker_transitions_total counter',
      'breakwater_circuitbreaker_transitions_total{name="customer",from_state="closed",to_state="open"} 1',
      'breakwater_circuitbreaker_transitions_total{name="customer",from_state="open",to_state="half_open"} 1',
      'breakwater_circuitbreaker_transitions_total{name="customer",from_state="half_open",to_state="open"} 0',
      'breakwater_circuitbreaker_transitions_total{name="customer",from_state="half_open",to_state="closed"} 0',
      'breakwater_circuitbreaker_transitions_total{name="ledger",from_state="closed",to_state="open"} 1',
      'breakwater_circuitbreaker_transitions_total{name="ledger",from_state="open",to_state="half_open"} 0',
      'breakwater_circuitbreaker_transitions_total{name="ledger",from_state="half_open",to_state="open"} 0',
      'breakwater_circuitbreaker_transitions_total{name="ledger",from_state="half_open",to_state="closed"} 0',
      '# TYPE breakwater_circuitbreaker_outcomes_total counter',
      '# TYPE breakwater_circuitbreaker_health_probes_total counter',
      'breakwater_circuitbreaker_health_probes_total{name="ledger",kind="healthy"} 0',
      'breakwater_circuitbreaker_health_probes_total{name="ledger",kind="unhealthy"} 1',
    ]);
  });

  it('exports a HELP and a TYPE line before the samples of each metric', async () => {
    const { prometheus } = withBreakers();

    const families = (await prometheus.metrics()).trim().split('\n\n');

    expect(families.length).toBeGreaterThan(10);
    for (const family of families) {
      const name = /^# HELP (\w+) .+\n/.exec(family)?.[1];
      expect(family.split('\n')[1]).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`));
    }
  });

  it('adds the extra labels to every series', async () => {
    const { prometheus } = withBreakers({}, { extraLabels: { application: 'account', group: 'none' } });

    const series = (await prometheus.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

    expect(series.length).toBeGreaterThan(20);
    for (const line of series) expect(line).toContain('application="account",group="none"');
  });
});

describe('the series of an instance', () => {
  it('are added when the registry creates it', async () => {
    const { circuitBreakerRegistry, scrape } = withBreakers();

    const ledger = circuitBreakerRegistry.getOrCreate('ledger');
    ledger.onSuccess(100);

    const lines = await scrape('resilience4j_circuitbreaker');
    expect(lines).toContain('resilience4j_circuitbreaker_state{name="ledger",state="closed"} 1');
    expect(lines).toContain('resilience4j_circuitbreaker_calls_seconds_count{name="ledger",kind="successful"} 1');
  });

  it('are removed with it', async () => {
    const { circuitBreakerRegistry, prometheus, customer } = withBreakers();
    circuitBreakerRegistry.getOrCreate('ledger');

    circuitBreakerRegistry.remove('customer');
    customer.onSuccess(100);
    customer.transitionToForcedOpenState();

    const text = await prometheus.metrics();
    expect(text).not.toContain('customer');
    expect(text).toContain('ledger');
  });

  it('start at 0 when it is removed and created again', async () => {
    const { circuitBreakerRegistry, customer, scrape } = withBreakers();
    customer.onSuccess(100);

    circuitBreakerRegistry.remove('customer');
    circuitBreakerRegistry.getOrCreate('customer');

    expect(await scrape('resilience4j_circuitbreaker_calls_seconds_count')).toStrictEqual([
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful"} 0',
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed"} 0',
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="ignored"} 0',
    ]);
  });
});

describe('counters', () => {
  const eventMeters = policies.flatMap(({ kind, meters = [] }) =>
    meters.filter(({ type }) => type === 'eventCounter').map(({ name }) => ({ kind, name })),
  );

  it.each(eventMeters)('exist with the value 0 before the first event, and after a restart: $name', async (meter) => {
    const { kind, name } = meter;
    const options = {
      circuitBreaker: { healthProbe: () => true, classification: 'http' as const },
      retry: { retryBudget: 'all' },
      hedge: { retryBudget: 'all' },
      fallback: { handlers: [{ handle: () => 'fallback' }] },
    }[kind as string];

    const restarts = [1, 2].map(() => {
      const environment = { retryBudgets: createRegistry('retryBudget') };
      const registry = createRegistry(kind as 'retry', {}, environment);
      registry.getOrCreate('customer', options);
      return bound({ [kind]: registry }).scrape(`${name}{`);
    });

    const [first = [], second = []] = await Promise.all(restarts);
    expect(first.length).toBeGreaterThan(0);
    expect(first.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(second).toEqual(first);
  });

  it('of transitions exist for each transition that calls and time cause, and for each other one from its first on', async () => {
    const { customer, scrape } = withBreakers();
    const transitions = async () => (await scrape('breakwater_circuitbreaker_transitions_total{')).length;

    const atFirst = await transitions();
    customer.transitionToForcedOpenState();

    expect(atFirst).toBe(4);
    expect(await transitions()).toBe(5);
  });
});

describe('bindToPrometheus', () => {
  it('can be called again after unbinding', async () => {
    const { circuitBreakerRegistry, prometheus, unbind, customer } = withBreakers();

    unbind();
    expect(await prometheus.metrics()).toBe('\n');
    customer.onSuccess(1);
    bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, prometheus);

    expect(await prometheus.metrics()).toContain('{name="customer",kind="successful"} 0');
  });

  it('throws for a second binding and leaves the first unchanged', async () => {
    const { circuitBreakerRegistry, prometheus, scrape } = withBreakers();
    const before = await scrape('');

    expect(() => bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, prometheus)).toThrow(
      /already been registered/,
    );

    expect(await scrape('')).toStrictEqual(before);
  });

  it('removes metrics that it has registered before a failure', async () => {
    const prometheus = new Registry();
    new Gauge({
      name: 'resilience4j_retry_calls_total',
      help: 'Registered by the application.',
      registers: [prometheus],
    }).set(7);
    const registries = {
      circuitBreaker: createRegistry('circuitBreaker'),
      retry: createRegistry('retry'),
    };

    expect(() => bindToPrometheus(registries, prometheus)).toThrow(/already been registered/);

    expect(prometheus.getMetricsAsArray().map(({ name }) => name)).toStrictEqual(['resilience4j_retry_calls_total']);
    expect(await prometheus.metrics()).toContain('resilience4j_retry_calls_total 7');
  });

  it('rejects extra labels that clash with labels of the metrics', () => {
    expect(() => withBreakers({}, { extraLabels: { kind: 'service' } })).toThrow(InvalidOptionsError);
    expect(() => withBreakers({}, { extraLabels: { name: 'account' } })).toThrow(/extraLabels\.name is 'account'/);
  });

  it('works with a registry for OpenMetrics', async () => {
    const circuitBreakerRegistry = createRegistry('circuitBreaker');
    const openMetrics = new Registry<OpenMetricsContentType>();
    openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    circuitBreakerRegistry.getOrCreate('customer');

    bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, openMetrics);
    await openMetrics.metrics();

    expect(await openMetrics.metrics()).toContain(
      '# TYPE resilience4j_circuitbreaker_not_permitted_calls counter\n' +
        'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted"} 0\n',
    );
  });

  it('exports nothing without registries', async () => {
    expect(await bound({}).prometheus.metrics()).toBe('\n');
  });
});

describe('bindToPrometheus for retries', () => {
  it('counts calls by outcome and by whether they were retried', async () => {
    const retryRegistry = createRegistry('retry', { configs: { default: { maxAttempts: 2, waitDuration: 0 } } });
    const customer = retryRegistry.getOrCreate('customer');
    const { scrape } = bound({ retry: retryRegistry });
    const failing = (times: number) => async () => {
      if (times-- > 0) throw down;
    };

    for (const times of [0, 0, 1, 9]) await customer.execute(failing(times)).catch(() => {});

    expect(await scrape('resilience4j_retry')).toStrictEqual([
      '# TYPE resilience4j_retry_calls_total counter',
      'resilience4j_retry_calls_total{name="customer",kind="successful_without_retry"} 2',
      'resilience4j_retry_calls_total{name="customer",kind="successful_with_retry"} 1',
      'resilience4j_retry_calls_total{name="customer",kind="failed_without_retry"} 0',
      'resilience4j_retry_calls_total{name="customer",kind="failed_with_retry"} 1',
    ]);
    expect(await scrape('breakwater_retry')).toStrictEqual([
      '# TYPE breakwater_retry_attempts_total counter',
      'breakwater_retry_attempts_total{name="customer"} 2',
      '# TYPE breakwater_retry_budget_exhausted_total counter',
    ]);
  });

  it('exports the balance of the retry budget', async () => {
    const clock = new FakeClock();
    const retryBudgets = createRegistry('retryBudget', {}, { clock });
    const retryRegistry = createRegistry(
      'retry',
      { configs: { default: { waitDuration: 0, retryBudget: 'all' } } },
      { clock, retryBudgets },
    );
    retryBudgets.getOrCreate('all', { minRetriesPerSecond: 0, retryRatio: 1 });
    const customer = retryRegistry.getOrCreate('customer');
    const { scrape } = bound({ retry: retryRegistry, retryBudget: retryBudgets });

    await customer.execute(() => Promise.reject(down)).catch(() => {});

    expect(await scrape('breakwater_retry')).toStrictEqual([
      '# TYPE breakwater_retry_budget_balance gauge',
      'breakwater_retry_budget_balance{name="all"} 0',
      '# TYPE breakwater_retry_attempts_total counter',
      'breakwater_retry_attempts_total{name="customer"} 1',
      '# TYPE breakwater_retry_budget_exhausted_total counter',
      'breakwater_retry_budget_exhausted_total{name="customer"} 1',
    ]);
  });
});

describe('bindToPrometheus for bulkheads', () => {
  it('exports available permits and counts rejected calls', async () => {
    const bulkheadRegistry = createRegistry('bulkhead');
    const customer = bulkheadRegistry.getOrCreate('customer', { maxConcurrentCalls: 2, maxWaitDuration: 0 });
    const { scrape } = bound({ bulkhead: bulkheadRegistry });

    for (let call = 0; call < 3; call++) customer.tryAcquirePermission();
    customer.onComplete();

    expect(await scrape('')).toStrictEqual([
      '# TYPE resilience4j_bulkhead_available_concurrent_calls gauge',
      'resilience4j_bulkhead_available_concurrent_calls{name="customer"} 1',
      '',
      '# TYPE resilience4j_bulkhead_max_allowed_concurrent_calls gauge',
      'resilience4j_bulkhead_max_allowed_concurrent_calls{name="customer"} 2',
      '',
      '# TYPE breakwater_bulkhead_queue_length gauge',
      'breakwater_bulkhead_queue_length{name="customer"} 0',
      '',
      '# TYPE breakwater_bulkhead_calls_total counter',
      'breakwater_bulkhead_calls_total{name="customer",kind="permitted"} 2',
      'breakwater_bulkhead_calls_total{name="customer",kind="rejected"} 1',
      '',
    ]);
  });
});

describe('bindToPrometheus for rate limiters', () => {
  it('exports available permissions and waiting callers, and counts rejected calls', async () => {
    const clock = new FakeClock();
    const options = { limitForPeriod: 2, limitRefreshPeriod: '1s', timeoutDuration: '1s' } as const;
    const rateLimiterRegistry = createRegistry('rateLimiter', { configs: { default: options } }, { clock });
    const customer = rateLimiterRegistry.getOrCreate('customer');
    const { scrape } = bound({ rateLimiter: rateLimiterRegistry });

    for (let call = 0; call < 5; call++) void customer.execute(() => call).catch(() => {});

    expect(await scrape('')).toStrictEqual([
      '# TYPE resilience4j_ratelimiter_available_permissions gauge',
      'resilience4j_ratelimiter_available_permissions{name="customer"} -2',
      '',
      '# TYPE resilience4j_ratelimiter_waiting_threads gauge',
      'resilience4j_ratelimiter_waiting_threads{name="customer"} 2',
      '',
      '# TYPE breakwater_ratelimiter_calls_total counter',
      'breakwater_ratelimiter_calls_total{name="customer",kind="successful"} 2',
      'breakwater_ratelimiter_calls_total{name="customer",kind="failed"} 1',
      '',
    ]);
  });
});

describe('bindToPrometheus for time limiters', () => {
  it('counts calls by outcome', async () => {
    const clock = new FakeClock();
    const timeLimiterRegistry = createRegistry('timeLimiter', {}, { clock });
    const customer = timeLimiterRegistry.getOrCreate('customer', { timeoutDuration: '1s' });
    const { scrape } = bound({ timeLimiter: timeLimiterRegistry });

    await customer.execute(() => 'in time');
    await customer.execute(() => Promise.reject(down)).catch(() => {});
    const late = customer.execute(() => new Promise(() => {}));
    clock.advance(1_000);
    await late.catch(() => {});

    expect(await scrape('resilience4j_timelimiter')).toStrictEqual([
      '# TYPE resilience4j_timelimiter_calls_total counter',
      'resilience4j_timelimiter_calls_total{name="customer",kind="successful"} 1',
      'resilience4j_timelimiter_calls_total{name="customer",kind="failed"} 1',
      'resilience4j_timelimiter_calls_total{name="customer",kind="timeout"} 1',
    ]);
  });
});

describe('bindToPrometheus for hedges', () => {
  it('counts calls by the attempt that succeeded, and hedged attempts', async () => {
    const clock = new FakeClock();
    const hedgeRegistry = createRegistry('hedge', {}, { clock });
    const customer = hedgeRegistry.getOrCreate('customer', { delay: 200 });
    const { scrape } = bound({ hedge: hedgeRegistry });

    await customer.execute(() => 'at once');
    const attempts = [new Promise(() => {}), 'second'];
    const hedged = customer.execute(() => attempts.shift());
    clock.advance(200);
    await hedged;

    expect(await scrape('breakwater_hedge')).toStrictEqual([
      '# TYPE breakwater_hedge_calls_total counter',
      'breakwater_hedge_calls_total{name="customer",kind="successful_primary"} 1',
      'breakwater_hedge_calls_total{name="customer",kind="successful_hedge"} 1',
      'breakwater_hedge_calls_total{name="customer",kind="failed"} 0',
      '# TYPE breakwater_hedge_attempts_total counter',
      'breakwater_hedge_attempts_total{name="customer"} 1',
      '# TYPE breakwater_hedge_delay_seconds gauge',
      'breakwater_hedge_delay_seconds{name="customer"} 0.2',
      '# TYPE breakwater_hedge_budget_exhausted_total counter',
    ]);
  });
});

describe('bindToPrometheus for adaptive concurrency limiters', () => {
  it('exports the limit and in-flight calls, and counts rejected calls', async () => {
    const adaptiveConcurrencyLimiterRegistry = createRegistry('adaptiveConcurrencyLimiter');
    const customer = adaptiveConcurrencyLimiterRegistry.getOrCreate('customer', {
      initialLimit: 1,
      minLimit: 1,
      maxLimit: 1,
    });
    const { scrape } = bound({ adaptiveConcurrencyLimiter: adaptiveConcurrencyLimiterRegistry });

    for (let call = 0; call < 2; call++) void customer.execute(() => new Promise(() => {})).catch(() => {});

    expect(await scrape('breakwater_adaptive')).toStrictEqual([
      '# TYPE breakwater_adaptive_concurrency_limit gauge',
      'breakwater_adaptive_concurrency_limit{name="customer"} 1',
      '# TYPE breakwater_adaptive_concurrency_in_flight gauge',
      'breakwater_adaptive_concurrency_in_flight{name="customer"} 1',
      '# TYPE breakwater_adaptive_concurrency_calls_total counter',
      'breakwater_adaptive_concurrency_calls_total{name="customer",kind="permitted"} 1',
      'breakwater_adaptive_concurrency_calls_total{name="customer",kind="rejected"} 1',
    ]);
  });
});

describe('bindToPrometheus for endpoint pools', () => {
  it('exports the endpoints that exist now, and counts ejections by reason', async () => {
    const registry = createRegistry('endpointPool');
    const options = { loadBalancing: 'ROUND_ROBIN', outlierDetectionEnabled: false } as const;
    const customer = registry.getOrCreate('customer', { ...options, endpoints: ['http://a', 'http://b'] });
    const { scrape } = bound({ endpointPool: registry });
    for (let call = 0; call < 2; call++) {
      await customer
        .execute(({ endpoint }) => (endpoint?.name === 'a' ? Promise.reject(down) : 'well'))
        .catch(() => {});
    }
    void customer.execute(() => new Promise(() => {}));
    customer.eject('a');

    const lines = await scrape('breakwater_endpoint_pool');
    expect(lines).toEqual(
      expect.arrayContaining([
        'breakwater_endpoint_pool_endpoint_state{name="customer",endpoint="a",state="ejected"} 1',
        'breakwater_endpoint_pool_endpoint_state{name="customer",endpoint="a",state="in_service"} 0',
        'breakwater_endpoint_pool_endpoint_state{name="customer",endpoint="b",state="in_service"} 1',
        'breakwater_endpoint_pool_in_flight_calls{name="customer",endpoint="a"} 1',
        'breakwater_endpoint_pool_calls_total{name="customer",endpoint="a",kind="failed"} 1',
        'breakwater_endpoint_pool_calls_total{name="customer",endpoint="b",kind="successful"} 1',
        'breakwater_endpoint_pool_endpoint_ejections_total{name="customer",endpoint="a"} 1',
        'breakwater_endpoint_pool_ejections_total{name="customer",reason="manual"} 1',
        'breakwater_endpoint_pool_ejections_total{name="customer",reason="failure_rate"} 0',
        'breakwater_endpoint_pool_panic{name="customer"} 0',
        'breakwater_endpoint_pool_resolution_failing{name="customer"} 0',
      ]),
    );
    expect(
      lines.some((line) => line.startsWith('breakwater_endpoint_pool_latency_seconds{name="customer",endpoint="b"} ')),
    ).toBe(true);

    customer.reconfigure({ ...options, endpoints: ['http://b'] });

    expect((await scrape('breakwater_endpoint_pool')).join('\n')).not.toContain('endpoint="a"');
  });
});

describe('bindToPrometheus for fallbacks', () => {
  it('counts handlers by outcome', async () => {
    const fallbackRegistry = createRegistry('fallback');
    const handlers = [{ handle: () => Promise.reject(down) }, { handle: () => 'unknown' }];
    const customer = fallbackRegistry.getOrCreate('customer', { handlers });
    const { scrape } = bound({ fallback: fallbackRegistry });

    for (let call = 0; call < 2; call++) await customer.execute(() => Promise.reject(down));

    expect(await scrape('breakwater_fallback')).toStrictEqual([
      '# TYPE breakwater_fallback_handlers_total counter',
      'breakwater_fallback_handlers_total{name="customer",kind="answered"} 2',
      'breakwater_fallback_handlers_total{name="customer",kind="failed"} 2',
    ]);
  });

  it('counts calls with a stale value, without their keys', async () => {
    const cachedFallbackRegistry = createRegistry('cachedFallback');
    const customer = cachedFallbackRegistry.getOrCreate('customer');
    const { scrape } = bound({ cachedFallback: cachedFallbackRegistry });

    await customer.withKey('ada').execute(() => 'Ada');
    await customer.withKey('ada').execute(() => Promise.reject(down));
    await customer
      .withKey('bob')
      .execute(() => Promise.reject(down))
      .catch(() => {});

    expect(await scrape('breakwater_cached')).toStrictEqual([
      '# TYPE breakwater_cached_fallback_calls_total counter',
      'breakwater_cached_fallback_calls_total{name="customer",kind="served"} 1',
      'breakwater_cached_fallback_calls_total{name="customer",kind="not_served"} 1',
      '# TYPE breakwater_cached_fallback_entries gauge',
      'breakwater_cached_fallback_entries{name="customer"} 1',
    ]);
  });
});

/**
 * The metrics that panels and variables of Resilience4j's Grafana dashboard query, with the labels that they use.
 * Source: `grafana_dashboard.json` in the root of resilience4j/resilience4j (seen at commit 23c724e). Prometheus adds
 * `instance`, and the team adds `application` (`extraLabels`).
 */
const queriedByDashboard: readonly (readonly [metric: string, labels: readonly string[]])[] = [
  ['resilience4j_circuitbreaker_state', ['state', 'name']],
  ['resilience4j_circuitbreaker_failure_rate', ['name']],
  ['resilience4j_circuitbreaker_calls_seconds_count', ['name', 'kind']],
  ['resilience4j_circuitbreaker_calls_seconds_sum', ['name', 'kind']],
  ['resilience4j_circuitbreaker_calls_seconds_bucket', ['application', 'name', 'le']],
  ['resilience4j_circuitbreaker_calls_total', ['name', 'kind']],
  ['resilience4j_circuitbreaker_buffered_calls', ['name', 'kind']],
  ['resilience4j_circuitbreaker_max_buffered_calls', ['name']],
  ['resilience4j_retry_calls_total', ['application', 'name', 'kind']],
  ['resilience4j_bulkhead_available_concurrent_calls', ['application', 'name']],
  ['resilience4j_bulkhead_max_allowed_concurrent_calls', ['application', 'name']],
];

describe('Resilience4j’s Grafana dashboard', () => {
  it.each(queriedByDashboard)('finds %s', async (metric, labels) => {
    const registries = {
      circuitBreaker: createRegistry('circuitBreaker'),
      retry: createRegistry('retry'),
      bulkhead: createRegistry('bulkhead'),
    };
    registries.circuitBreaker.getOrCreate('backendA');
    registries.retry.getOrCreate('backendA');
    registries.bulkhead.getOrCreate('backendA');
    const { scrape } = bound(registries, { extraLabels: { application: 'resilience4j-demo' } });

    const [series = ''] = await scrape(`${metric}{`);

    for (const label of labels) expect(series).toMatch(new RegExp(`[{,]${label}="`));
    expect(series).toContain('name="backendA"');
  });

  it('finds the states that its summary counts', async () => {
    const { customer, scrape } = withBreakers();
    customer.transitionToForcedOpenState();

    const lines = await scrape('resilience4j_circuitbreaker_state{');

    const sumOf = (states: RegExp) =>
      lines.filter((line) => states.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(sumOf(/state="closed"/)).toBe(0);
    expect(sumOf(/state="(open|forced_open)"/)).toBe(1);
    expect(sumOf(/state="half_open"/)).toBe(0);
  });
});
