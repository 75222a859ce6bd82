import { type Attributes, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitBreakerOptions } from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { pipeline } from '../../core/pipeline.ts';
import { createRegistry, type FollowableRegistries } from '../../core/policies.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { AttemptSpans } from './attempt-spans.ts';
import { instrument } from './instrument.ts';

const exporter = new InMemorySpanExporter();
const down = new TypeError('down');
const stops: (() => void)[] = [];

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  exporter.reset();
});

afterAll(() => {
  trace.disable();
  context.disable();
});

function instrumented(registries: FollowableRegistries): void {
  stops.push(instrument(registries));
}

/** Runs `work` in a span, like that of a request, and returns the events of that span. */
async function eventsIn(work: (span: Span) => unknown): Promise<(readonly [string, Attributes | undefined])[]> {
  await trace.getTracer('spec').startActiveSpan('request', async (span) => {
    await work(span);
    span.end();
  });
  const request = exporter.getFinishedSpans().find(({ name }) => name === 'request');
  return (request?.events ?? []).map(({ name, attributes }) => [name, attributes] as const);
}

function withBreaker(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const circuitBreakerRegistry = createRegistry('circuitBreaker', { configs: { default: options } }, { clock });
  instrumented({ circuitBreaker: circuitBreakerRegistry });
  return { clock, circuitBreakerRegistry, breaker: circuitBreakerRegistry.getOrCreate('customer') };
}

describe('instrument', () => {
  it('adds an event with the metrics when the circuit breaker opens, and an event for a refused call', async () => {
    const { breaker } = withBreaker({ slidingWindowSize: 1, waitDurationInOpenState: '10s' });

    const events = await eventsIn(async () => {
      await breaker.execute(() => Promise.reject(down)).catch(() => {});
      await breaker.execute(() => 'well').catch(() => {});
    });

    expect(events).toStrictEqual([
      [
        'breakwater.circuitbreaker.state_transition',
        {
          'breakwater.policy': 'circuitbreaker',
          'breakwater.name': 'customer',
          'breakwater.from_state': 'CLOSED',
          'breakwater.to_state': 'OPEN',
          'breakwater.failure_rate': 100,
          'breakwater.slow_call_rate': 0,
          'breakwater.buffered_calls': 1,
          'breakwater.wait_ms': 10_000,
        },
      ],
      [
        'breakwater.circuitbreaker.not_permitted',
        {
          'breakwater.policy': 'circuitbreaker',
          'breakwater.name': 'customer',
          'breakwater.state': 'OPEN',
          'breakwater.retry_after_ms': 10_000,
        },
      ],
    ]);
  });

  it('adds an event for each retry with number, wait and error, and one after the last attempt', async () => {
    const retryRegistry = createRegistry('retry');
    const retry = retryRegistry.getOrCreate('customer', { maxAttempts: 3, intervalFunction: (attempt) => attempt });
    instrumented({ retry: retryRegistry });

    const events = await eventsIn(() => retry.execute(() => Promise.reject(down)).catch(() => {}));

    const common = { 'breakwater.policy': 'retry', 'breakwater.name': 'customer', 'error.type': 'TypeError' };
    expect(events).toStrictEqual([
      ['breakwater.retry.retry', { ...common, 'breakwater.attempt': 2, 'breakwater.wait_ms': 1 }],
      ['breakwater.retry.retry', { ...common, 'breakwater.attempt': 3, 'breakwater.wait_ms': 2 }],
      ['breakwater.retry.gave_up', { ...common, 'breakwater.attempt': 3 }],
    ]);
  });

  it('adds an event for an exhausted retry budget', async () => {
    const retryBudgets = createRegistry('retryBudget');
    retryBudgets.getOrCreate('all', { retryRatio: 0, minRetriesPerSecond: 0 });
    const retryRegistry = createRegistry('retry', {}, { retryBudgets });
    const retry = retryRegistry.getOrCreate('customer', { retryBudget: 'all' });
    instrumented({ retry: retryRegistry });

    const events = await eventsIn(() => retry.execute(() => Promise.reject(down)).catch(() => {}));

    expect(events[0]).toStrictEqual([
      'breakwater.retry.budget_exhausted',
      { 'breakwater.policy': 'retry', 'breakwater.name': 'customer', 'breakwater.retry_budget': 'all' },
    ]);
  });

  it('adds events for calls that bulkheads, rate limiters and concurrency limiters reject', async () => {
    const bulkheadRegistry = createRegistry('bulkhead');
    const rateLimiterRegistry = createRegistry('rateLimiter');
    const adaptiveConcurrencyLimiterRegistry = createRegistry('adaptiveConcurrencyLimiter');
    const limits = { initialLimit: 1, minLimit: 1, maxLimit: 1 };
    const policies = [
      bulkheadRegistry.getOrCreate('customer', { maxConcurrentCalls: 1, maxWaitDuration: 0 }),
      rateLimiterRegistry.getOrCreate('customer', { limitForPeriod: 1, limitRefreshPeriod: '1h', timeoutDuration: 0 }),
      adaptiveConcurrencyLimiterRegistry.getOrCreate('customer', limits),
    ];
    instrumented({
      bulkhead: bulkheadRegistry,
      rateLimiter: rateLimiterRegistry,
      adaptiveConcurrencyLimiter: adaptiveConcurrencyLimiterRegistry,
    });
    for (const policy of policies) void policy.execute(() => new Promise(() => {}));

    const events = await eventsIn(async () => {
      for (const policy of policies) await policy.execute(() => 'well').catch(() => {});
    });

    expect(events).toStrictEqual([
      ['breakwater.bulkhead.rejected', { 'breakwater.policy': 'bulkhead', 'breakwater.name': 'customer' }],
      ['breakwater.ratelimiter.rejected', { 'breakwater.policy': 'ratelimiter', 'breakwater.name': 'customer' }],
      [
        'breakwater.adaptive_concurrency_limiter.rejected',
        {
          'breakwater.policy': 'adaptive_concurrency_limiter',
          'breakwater.name': 'customer',
          'breakwater.limit': 1,
        },
      ],
    ]);
  });

  it('adds events for timeouts and hedged attempts', async () => {
    const clock = new FakeClock();
    const timeLimiterRegistry = createRegistry('timeLimiter', {}, { clock });
    const hedgeRegistry = createRegistry('hedge', {}, { clock });
    const timeLimiter = timeLimiterRegistry.getOrCreate('customer', { timeoutDuration: '1s' });
    const hedge = hedgeRegistry.getOrCreate('customer', { delay: 200 });
    instrumented({ timeLimiter: timeLimiterRegistry, hedge: hedgeRegistry });

    const events = await eventsIn(async () => {
      const late = timeLimiter.execute(() => hedge.execute(() => new Promise(() => {})));
      clock.advance(1_000);
      await late.catch(() => {});
    });

    expect(events).toStrictEqual([
      [
        'breakwater.hedge.hedge',
        {
          'breakwater.policy': 'hedge',
          'breakwater.name': 'customer',
          'breakwater.attempt': 2,
          'breakwater.wait_ms': 200,
        },
      ],
      [
        'breakwater.timelimiter.timeout',
        {
          'breakwater.policy': 'timelimiter',
          'breakwater.name': 'customer',
          'breakwater.timeout_ms': 1_000,
          'breakwater.limited_by': 'timeoutDuration',
        },
      ],
    ]);
  });

  it('names the instance that is partitioned, and the key of the partition', async () => {
    const bulkheadRegistry = createRegistry('bulkhead', { instances: { reports: { maxConcurrentCalls: 1 } } });
    const tenant = bulkheadRegistry.partition('reports', 'tenant');
    tenant.tryAcquirePermission();
    instrumented({ bulkhead: bulkheadRegistry });

    const events = await eventsIn(() => tenant.execute(() => 'ok').catch(() => {}));

    const name = { 'breakwater.name': 'reports', 'breakwater.partition': 'tenant' };
    expect(events).toStrictEqual([['breakwater.bulkhead.rejected', { 'breakwater.policy': 'bulkhead', ...name }]]);
  });

  it('adds events for fallbacks, without the key of a stale value', async () => {
    const fallbackRegistry = createRegistry('fallback');
    const cachedFallbackRegistry = createRegistry('cachedFallback');
    const handlers = [
      { name: 'replica', handle: () => Promise.reject(new RangeError('down, too')) },
      { handle: () => 1 },
    ];
    const fallback = fallbackRegistry.getOrCreate('customer', { handlers });
    const cached = cachedFallbackRegistry.getOrCreate('customer').withKey('ada@example.org');
    instrumented({ fallback: fallbackRegistry, cachedFallback: cachedFallbackRegistry });

    const events = await eventsIn(async () => {
      await fallback.execute(() => Promise.reject(down));
      await cached.execute(() => 'Ada');
      await cached.execute(() => Promise.reject(down));
    });

    const common = { 'breakwater.policy': 'fallback', 'breakwater.name': 'customer' };
    expect(events).toStrictEqual([
      [
        'breakwater.fallback.fallback_failed',
        { ...common, 'breakwater.handler': 'replica', 'error.type': 'RangeError' },
      ],
      ['breakwater.fallback.fallback', { ...common, 'breakwater.handler': '1', 'error.type': 'RangeError' }],
      [
        'breakwater.cached_fallback.served',
        {
          'breakwater.policy': 'cached_fallback',
          'breakwater.name': 'customer',
          'breakwater.age_ms': expect.any(Number),
          'error.type': 'TypeError',
        },
      ],
    ]);
    expect(JSON.stringify(events)).not.toContain('ada@example.org');
  });

  it('adds no event for a successful call', async () => {
    const { breaker } = withBreaker();

    expect(await eventsIn(() => breaker.execute(() => 'well'))).toStrictEqual([]);
  });

  it('adds no event of removed instances, and none after it is stopped', async () => {
    const { breaker, circuitBreakerRegistry } = withBreaker();
    const ledger = circuitBreakerRegistry.getOrCreate('ledger');

    const events = await eventsIn(() => {
      circuitBreakerRegistry.remove('customer');
      breaker.transitionToOpenState();
      for (const stop of stops.splice(0)) stop();
      ledger.transitionToOpenState();
    });

    expect(events).toStrictEqual([]);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });
});

describe('a state transition without an active span', () => {
  it('has a span of its own', () => {
    const { breaker, clock } = withBreaker({ automaticTransitionFromOpenToHalfOpenEnabled: true });

    breaker.transitionToOpenState();
    clock.advance(60_000);

    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name)).toStrictEqual([
      'breakwater.circuitbreaker.state_transition',
      'breakwater.circuitbreaker.state_transition',
    ]);
    expect(spans[1]?.attributes).toStrictEqual({
      'breakwater.policy': 'circuitbreaker',
      'breakwater.name': 'customer',
      'breakwater.from_state': 'OPEN',
      'breakwater.to_state': 'HALF_OPEN',
    });
  });

  it('has a span of its own if the span that caused it has ended', async () => {
    const { breaker } = withBreaker();

    await eventsIn((span) => {
      span.end();
      breaker.transitionToOpenState();
    });

    const transition = exporter.getFinishedSpans().find(({ name }) => name.startsWith('breakwater'));
    expect(transition?.parentSpanContext).toBeUndefined();
    expect(transition?.attributes).toMatchObject({ 'breakwater.to_state': 'OPEN' });
  });
});

describe('instrument for endpoint pools', () => {
  it('adds ejections to the active span, and creates one without an active span', async () => {
    const registry = createRegistry('endpointPool');
    const stop = instrument({ endpointPool: registry });
    const pool = registry.getOrCreate('customer', { endpoints: ['http://a', 'http://b'], consecutiveFailures: 1 });

    const events = await eventsIn(() => pool.execute(() => Promise.reject(new Error('down'))).catch(() => {}));
    pool.restore(pool.endpoints.find(({ state }) => state === 'EJECTED')!.name);
    stop();

    expect(events).toMatchObject([
      [
        'breakwater.endpoint_pool.endpoint_ejected',
        {
          'breakwater.policy': 'endpoint_pool',
          'breakwater.name': 'customer',
          'breakwater.endpoint': expect.stringMatching(/^[ab]$/) as string,
          'breakwater.ejection_reason': 'CONSECUTIVE_FAILURES',
          'breakwater.wait_ms': 30_000,
        },
      ],
    ]);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('breakwater.endpoint_pool.endpoint_restored');
    pool.dispose();
  });
});

describe('AttemptSpans', () => {
  it('creates a child span with number and events for each attempt', async () => {
    const { breaker } = withBreaker({ slidingWindowSize: 1 });
    const retry = createRegistry('retry').getOrCreate('customer', { maxAttempts: 2, waitDuration: 0 });
    const attempts = new AttemptSpans('customer');

    const customer = pipeline('customer', [retry, attempts, breaker]);
    const eventsOfRequest = await eventsIn(() => customer.execute(() => Promise.reject(down)).catch(() => {}));

    const spans = exporter.getFinishedSpans();
    const [first, second, request] = spans;
    expect(spans.map(({ name }) => name)).toStrictEqual(['customer attempt', 'customer attempt', 'request']);
    expect(first?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(first?.attributes).toStrictEqual({
      'breakwater.name': 'customer',
      'breakwater.attempt': 1,
      'error.type': 'TypeError',
    });
    expect(first?.status).toStrictEqual({ code: SpanStatusCode.ERROR, message: 'down' });
    expect(first?.events.map(({ name }) => name)).toStrictEqual([
      'breakwater.circuitbreaker.state_transition',
      'exception',
    ]);
    expect(second?.attributes).toMatchObject({ 'breakwater.attempt': 2, 'error.type': 'CALL_NOT_PERMITTED' });
    expect(eventsOfRequest).toStrictEqual([]);
  });

  it('has the endpoint of its attempt', async () => {
    const retry = createRegistry('retry').getOrCreate('customer', { maxAttempts: 2, waitDuration: 0 });
    const endpoints = ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'];
    const pool = createRegistry('endpointPool').getOrCreate('customer', { endpoints, loadBalancing: 'ROUND_ROBIN' });
    const customer = pipeline('customer', [retry, new AttemptSpans('customer'), pool]);

    await customer.execute(() => Promise.reject(down)).catch(() => {});

    const used = exporter.getFinishedSpans().map(({ attributes }) => attributes['breakwater.endpoint']);
    expect(used).toStrictEqual(['10.0.0.7:3000', '10.0.0.8:3000']);
    pool.dispose();
  });

  it('does not mark the span of a successful or aborted call as failed', async () => {
    const attempts = new AttemptSpans('customer');
    const controller = new AbortController();

    await attempts.execute(() => 'well');
    const aborted = attempts.execute(
      () => {
        controller.abort(new Error('gone'));
        // The error of axios, for example, is not the reason of the abort.
        throw new Error('canceled');
      },
      { signal: controller.signal },
    );

    await expect(aborted).rejects.toThrow('canceled');
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(2);
    for (const { status, events } of spans) {
      expect(status.code).toBe(SpanStatusCode.UNSET);
      expect(events).toStrictEqual([]);
    }
  });
});
