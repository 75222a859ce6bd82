import {
  BulkheadFullError,
  CallNotPermittedError,
  createRegistry,
  TimeoutExceededError,
  type AnyCircuitBreaker,
  type CircuitBreakerOptions,
} from '@breakwater/resilience';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { comparedEngines } from './index.ts';

const ofCalls: CircuitBreakerOptions = {
  slidingWindowType: 'COUNT_BASED',
  slidingWindowSize: 10,
  minimumNumberOfCalls: 10,
  failureRateThreshold: 50,
  waitDurationInOpenState: '10s',
  permittedNumberOfCallsInHalfOpenState: 3,
};
const ofSeconds: CircuitBreakerOptions = {
  slidingWindowType: 'TIME_BASED',
  slidingWindowSize: 10,
  minimumNumberOfCalls: 10,
  failureRateThreshold: 50,
  waitDurationInOpenState: '10s',
};

/** Each engine with its options, the failures that open it, and the trial calls that close it. */
const engines = [
  { engine: 'cockatiel', options: ofCalls, failures: 10, trials: 3 },
  { engine: 'cockatiel-tuned', options: { waitDurationInOpenState: '10s' }, failures: 5, trials: 1 },
  { engine: 'opossum-tuned', options: ofSeconds, failures: 10, trials: 1 },
] as const;
const tuned = engines.filter(({ engine }) => engine.endsWith('-tuned'));

function breakerOn({ engine, options }: { readonly engine: string; readonly options: CircuitBreakerOptions }) {
  const registry = createRegistry(
    'circuitBreaker',
    { instances: { customer: { ...options, engine, eventConsumerBufferSize: 100 } } },
    { engines: comparedEngines },
  );
  onTestFinished(() => registry.dispose());
  return registry.getOrCreate('customer');
}

const outage = new Error('customer responded with 503');
const fail = () => Promise.reject(outage);
const errorOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

async function open(breaker: AnyCircuitBreaker, failures: number): Promise<void> {
  for (let n = 0; n < failures; n++) expect(await errorOf(breaker.execute(fail))).toBe(outage);
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe.each(engines)('A circuit breaker of the lab on $engine', (each) => {
  it('opens with the failure that reaches its limit, and refuses further calls', async () => {
    const breaker = breakerOn(each);

    await open(breaker, each.failures - 1);
    expect(breaker.state).toBe('CLOSED');
    await open(breaker, 1);

    expect(breaker).toMatchObject({ state: 'OPEN', remainingMs: 10_000 });
    const call = vi.fn(() => 'found');
    expect(await errorOf(breaker.execute(call))).toBeInstanceOf(CallNotPermittedError);
    expect(call).not.toHaveBeenCalled();
    expect(breaker.metrics.notPermittedCalls).toBe(1);
    expect(breaker.bufferedEvents().map(({ type }) => type)).toEqual([
      ...Array.from({ length: each.failures - 1 }, () => 'ERROR'),
      'STATE_TRANSITION',
      'ERROR',
      'NOT_PERMITTED',
    ]);
  });

  it('closes when its trial calls after the wait succeed', async () => {
    const breaker = breakerOn(each);
    await open(breaker, each.failures);
    await vi.advanceTimersByTimeAsync(10_000);

    for (let n = 1; n <= each.trials; n++) {
      expect(await breaker.execute(() => 'found')).toBe('found');
      expect(breaker.state).toBe(n === each.trials ? 'CLOSED' : 'HALF_OPEN');
    }
  });

  it('counts neither refusals of other policies nor calls that their caller cut off', async () => {
    const breaker = breakerOn(each);
    const full = new BulkheadFullError('customer', 30, 0);

    for (let n = 0; n < 20; n++) {
      expect(await errorOf(breaker.execute(() => Promise.reject(full)))).toBe(full);
      const caller = new AbortController();
      const cutOff = breaker.execute(
        () => {
          caller.abort();
          return fail();
        },
        { signal: caller.signal },
      );
      expect(await errorOf(cutOff)).toBe(outage);
    }

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.bufferedEvents().every(({ type }) => type === 'IGNORED_ERROR')).toBe(true);
  });

  it('does not start with an option that the library does not have', () => {
    expect(() => breakerOn({ ...each, options: { ...each.options, slowCallRateThreshold: 80 } })).toThrow(
      `slowCallRateThreshold is 80, which the engine ${each.engine} does not support`,
    );
  });
});

describe.each(tuned)('The own limits of $engine', (each) => {
  it('abort a call after a second, and no other', async () => {
    const breaker = breakerOn(each);
    const signals: AbortSignal[] = [];
    const hang = () =>
      breaker.execute(({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      });

    const first = errorOf(hang());
    await vi.advanceTimersByTimeAsync(500);
    const second = errorOf(hang());
    await vi.advanceTimersByTimeAsync(500);

    expect(await first).toBeInstanceOf(TimeoutExceededError);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(500);
    expect(await second).toBeInstanceOf(TimeoutExceededError);
  });

  it('refuse the thirty-first call at a time', async () => {
    const breaker = breakerOn(each);
    const inFlight = Array.from({ length: 30 }, () => errorOf(breaker.execute(() => new Promise(() => {}))));

    expect(await errorOf(breaker.execute(() => 'found'))).toBeInstanceOf(BulkheadFullError);
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(inFlight);
  });
});
