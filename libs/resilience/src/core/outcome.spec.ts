import { Registry as PrometheusRegistry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { bindToPrometheus } from '../adapters/prometheus/index.ts';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CallAbortedOnOpenError } from './circuit-breaker/circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { DeadlineExceededError } from './deadline.ts';
import { InvalidOptionsError } from './errors.ts';
import {
  classificationNames,
  classifyOutcome,
  isDependencyFailure,
  isUnavailable,
  type OutcomeKind,
  outcomeOfStatus,
  outcomeVerdicts,
} from './outcome.ts';
import { createRegistry } from './policies.ts';
import { Retry } from './retry/retry.ts';
import { TimeoutExceededError } from './time-limiter/time-limiter.errors.ts';
import { FakeClock } from '../testing/fake-clock.ts';

const request = { method: 'GET' };
const withStatus = (status: number) => Object.assign(new Error('error status'), { status });
const withCode = (code: string) => Object.assign(new Error('failed'), { code });

/** The kind of each thrown error. */
const errors: readonly (readonly [what: string, error: unknown, kind: OutcomeKind])[] = [
  ['a 400', withStatus(400), 'client_error'],
  ['a 404 in a cause', new Error('not found', { cause: withStatus(404) }), 'client_error'],
  ['a 408', withStatus(408), 'timeout'],
  ['a 429', withStatus(429), 'throttled'],
  ['a 500', withStatus(500), 'server_error'],
  ['a 501', withStatus(501), 'client_error'],
  ['a 520', withStatus(520), 'server_error'],
  ['a reset connection', withCode('ECONNRESET'), 'no_response'],
  ['a broken connection of fetch', new TypeError('fetch failed', { cause: withCode('UND_ERR_SOCKET') }), 'no_response'],
  ['a timeout of a time limiter', new TimeoutExceededError('x', 10, 'timeoutDuration'), 'timeout'],
  ['a timeout in a cause', new Error('x', { cause: new TimeoutExceededError('x', 10, 'timeoutDuration') }), 'timeout'],
  ['a passed deadline', new DeadlineExceededError('x'), 'refused'],
  ['an abort by a circuit breaker that opened', new CallAbortedOnOpenError('x'), 'refused'],
  ['an aborted request', new DOMException('aborted', 'AbortError'), 'aborted'],
  ['a TypeError', new TypeError('x is not a function'), 'program_error'],
  ['an expired certificate', withCode('CERT_HAS_EXPIRED'), 'program_error'],
  ['a plain Error', new Error('outage'), 'unknown'],
];

describe('classifyOutcome', () => {
  it.each(errors)('classifies %s', (_what, error, kind) => {
    expect(classifyOutcome({ error })).toBe(kind);
  });

  it('classifies a refusal of a policy', async () => {
    const bulkhead = new Bulkhead('x', { maxConcurrentCalls: 0 });
    const error: unknown = await bulkhead.execute(() => 'not made').catch((refusal: unknown) => refusal);

    expect(classifyOutcome({ error })).toBe('refused');
  });

  it.each([
    ['a Response with 503', new Response(null, { status: 503 }), 'server_error'],
    ['a Response with 404', new Response(null, { status: 404 }), 'client_error'],
    ['a Response with 302', { statusCode: 302 }, 'success'],
    ['a value without a status', { id: 'c-1' }, 'success'],
    ['an error that is returned', new TypeError('x'), 'success'],
    ['undefined', undefined, 'success'],
  ])('classifies %s as returned value', (_what, result, kind) => {
    expect(classifyOutcome({ result })).toBe(kind);
  });

  it.each([
    [200, 'success'],
    [399, 'success'],
    [400, 'client_error'],
    [408, 'timeout'],
    [429, 'throttled'],
    [499, 'client_error'],
    [500, 'server_error'],
    [511, 'client_error'],
  ])('classifies the status %d as %s', (status, kind) => {
    expect(outcomeOfStatus(status)).toBe(kind);
  });

  it.each(errors)('sees a failure of the dependency in %s only by its verdict', (_what, error, kind) => {
    expect(isDependencyFailure({ error })).toBe(outcomeVerdicts[kind] === 'failure');
    expect(isUnavailable(error)).toBe(outcomeVerdicts[kind] === 'failure' || kind === 'refused');
  });

  it('is by the protocol HTTP, the only one', () => {
    expect(classificationNames).toStrictEqual(['http']);
    expect(classifyOutcome({ result: { status: 503 } }, 'http')).toBe('server_error');
  });

  it('takes another error of this library by its class', () => {
    expect(classifyOutcome({ error: new InvalidOptionsError('x', []) })).toBe('unknown');
  });

  it('counts every server error as a failure but those that waiting does not change', () => {
    const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
    const failures = statuses.filter((status) => outcomeVerdicts[outcomeOfStatus(status)] === 'failure');
    const permanent = new Set([501, 505, 506, 507, 508, 510, 511]);

    expect(failures).toStrictEqual([408, 429, ...statuses.filter((status) => status >= 500 && !permanent.has(status))]);
  });
});

describe('one classification for all policies', () => {
  it.each(errors)('a retry repeats %s exactly if a circuit breaker counts it as a failure', async (_what, error) => {
    const breaker = new CircuitBreaker('x', { classification: 'http' });
    const retry = new Retry('x', { classification: 'http', maxAttempts: 2, waitDuration: 0 });
    let attempts = 0;
    const call = () => breaker.execute(() => Promise.reject(error as Error));
    const attempt = () => {
      attempts++;
      return call();
    };
    await expect(retry.execute(attempt, { request })).rejects.toBe(error);

    const { failedCalls, bufferedCalls } = breaker.metrics;
    const verdict = outcomeVerdicts[classifyOutcome({ error })];
    expect(attempts).toBe(verdict === 'failure' ? 2 : 1);
    expect(failedCalls).toBe(verdict === 'failure' ? 2 : 0);
    expect(bufferedCalls).toBe(verdict === 'ignored' ? 0 : attempts);
  });

  it.each([
    [503, 2],
    [429, 2],
    [404, 1],
    [200, 1],
  ])('judges a returned Response with %d alike', async (status, attempts) => {
    const breaker = new CircuitBreaker('x', { classification: 'http' });
    const retry = new Retry('x', { classification: 'http', maxAttempts: 2, waitDuration: 0 });
    const response = new Response(null, { status });

    await expect(retry.execute(() => breaker.execute(() => response), { request })).resolves.toBe(response);
    expect(breaker.metrics.bufferedCalls).toBe(attempts);
    expect(breaker.metrics.failedCalls).toBe(attempts === 2 ? 2 : 0);
  });

  it.each([
    ['a 503', withStatus(503), true],
    ['a broken connection', withCode('ECONNREFUSED'), true],
    ['a passed deadline', new DeadlineExceededError('x'), true],
    ['a 400', withStatus(400), false],
    ['an aborted request', withCode('ABORT_ERR'), false],
    ['a TypeError', new TypeError('x is not a function'), false],
  ])('a fallback on isUnavailable handles %s: %s', (_what, error, isHandled) => {
    expect(isUnavailable(error)).toBe(isHandled);
  });
});

describe('the metric of outcomes', () => {
  it('counts calls by the kinds that the policies judge by', async () => {
    const metrics = new PrometheusRegistry();
    const registry = createRegistry('circuitBreaker', { instances: { x: { classification: 'http' }, plain: {} } });
    bindToPrometheus({ circuitBreaker: registry }, metrics);
    const breaker = registry.getOrCreate('x');
    await registry.getOrCreate('plain').execute(() => 'response');
    for (const [, error] of errors) await breaker.execute(() => Promise.reject(error as Error)).catch(() => {});
    await breaker.execute(() => new Response(null, { status: 503 }));
    await breaker.execute(() => 'response');

    const { values } = (await metrics.getSingleMetric('breakwater_circuitbreaker_outcomes_total')?.get()) ?? {
      values: [],
    };
    const counted = Object.fromEntries(values.map(({ labels, value }) => [labels['outcome'], value]));
    const expected = Object.fromEntries(Object.keys(outcomeVerdicts).map((kind) => [kind, 0]));
    for (const [, , kind] of errors) expected[kind]!++;
    expected['server_error']!++;
    expected['success']!++;
    expect(counted).toStrictEqual(expected);
  });
});

describe('an outcome whose properties cannot be read', () => {
  const fault = () => {
    throw new Error('The property cannot be read.');
  };
  const unreadable = (value: object, name: string) => Object.defineProperty(value, name, { get: fault });
  const error = unreadable(new Error('outage'), 'response');

  it('keeps its error or value, and releases the permit of the circuit breaker', async () => {
    const breaker = new CircuitBreaker('x', { classification: 'http', initialState: 'HALF_OPEN' });
    const result = unreadable({}, 'status');

    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(await breaker.execute(() => result)).toBe(result);
    expect(breaker.metrics).toMatchObject({ failedCalls: 1, successfulCalls: 1 });
  });

  it.each([
    ['a property', error],
    ['a header', Object.assign(withStatus(503), { headers: { get: fault } })],
    ['a header of the request', Object.assign(withStatus(503), { req: { method: 'PUT', getHeader: fault } })],
  ])('is repeated by a retry and keeps its error: %s', async (_what, thrown) => {
    const retry = new Retry('x', { classification: 'http', waitDuration: 0 });
    let attempts = 0;
    const call = () => {
      attempts++;
      return Promise.reject(thrown);
    };
    const context = 'req' in thrown ? {} : { request };

    await expect(retry.execute(call, context)).rejects.toBe(thrown);
    expect(attempts).toBe(3);
  });
});

describe('a retry with a classification', () => {
  const failing = () => Promise.reject(withStatus(503));
  const attemptsOf = async (call: () => Promise<unknown>, context: object): Promise<number> => {
    const retry = new Retry('x', { classification: 'http', maxAttempts: 3, waitDuration: 0 });
    let attempts = 0;
    await retry
      .execute(() => {
        attempts++;
        return call();
      }, context)
      .catch(() => {});
    return attempts;
  };

  it.each([
    ['a GET', { method: 'GET' }, 3],
    ['a POST', { method: 'POST' }, 1],
    ['a POST with an idempotency key', { method: 'POST', hasIdempotencyKey: true }, 3],
  ])('makes so many attempts of %s', async (_what, facts, attempts) => {
    expect(await attemptsOf(failing, { request: facts })).toBe(attempts);
  });

  it.each([
    ['axios', { config: { method: 'get' } }, 3],
    ['axios with a key', { config: { method: 'post', headers: { 'Idempotency-Key': 'k' } } }, 3],
    ['axios with an empty key', { config: { method: 'post', headers: { 'Idempotency-Key': '' } } }, 1],
    ['axios without a key', { config: { method: 'post', headers: {} } }, 1],
    ['got', { options: { method: 'PUT' } }, 3],
    ['superagent', { response: { status: 503, req: { method: 'GET' } } }, 3],
    ['node:http', { req: { method: 'POST', getHeader: (name: string) => `key of ${name}` } }, 3],
  ])('reads the request from the error of %s', async (_client, fields, attempts) => {
    expect(await attemptsOf(() => Promise.reject(Object.assign(withStatus(503), fields)), {})).toBe(attempts);
  });

  it('does not repeat a call whose request is not known, and reports it once', async () => {
    const warnings: string[] = [];
    const listener = (warning: Error) => void warnings.push(warning.message);
    process.on('warning', listener);
    const retry = new Retry('payments', { classification: 'http', waitDuration: 0 });
    let attempts = 0;
    const call = () => {
      attempts++;
      return failing();
    };
    await retry.execute(call).catch(() => {});
    await retry.execute(call).catch(() => {});
    await new Promise(setImmediate);
    process.off('warning', listener);

    expect(attempts).toBe(2);
    expect(warnings.filter((text) => text.includes("Retry 'payments' does not repeat"))).toHaveLength(1);
  });

  it('waits as long as Retry-After requires, by the clock of the retry', async () => {
    const clock = new FakeClock();
    const date = new Date(Math.ceil(clock.now() / 1_000) * 1_000 + 7_000);
    const headers = { 'retry-after': date.toUTCString() };
    const retry = new Retry('x', { classification: 'http', waitDuration: 0 }, { clock });
    const startedAt: number[] = [];
    const settled = retry.execute(
      () => {
        startedAt.push(clock.now());
        return new Response(null, { status: startedAt.length === 1 ? 429 : 200, headers });
      },
      { request },
    );
    await clock.advanceAsync(10_000);

    expect((await settled).status).toBe(200);
    expect(startedAt[1]).toBe(date.getTime());
  });

  it('repeats no request that must not be repeated, even if another option selects the error', async () => {
    const retry = new Retry('x', { classification: 'http', retryExceptions: [Error], waitDuration: 0 });
    let attempts = 0;
    const call = () => {
      attempts++;
      return Promise.reject(new Error('outage'));
    };
    await retry.execute(call, { request: { method: 'POST' } }).catch(() => {});

    expect(attempts).toBe(1);
  });
});
