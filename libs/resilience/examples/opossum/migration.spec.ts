import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  pipeline,
  TimeLimiter,
  TimeoutExceededError,
} from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Opossum from 'opossum';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const require = createRequire(import.meta.url);
const page = await readFile(join(import.meta.dirname, '../../../../docs/migrating-from-opossum.md'), 'utf8');

const never = (): Promise<never> => new Promise(() => {});
const fail = async (): Promise<never> => {
  throw new Error('outage');
};

interface Example {
  readonly findCustomer: (id: string) => Promise<string>;
}

const examples: readonly [string, () => Promise<Example>][] = [
  ['before', () => import('./before.ts')],
  ['after', () => import('./after.ts')],
];

describe('The migrated example', () => {
  const fetched = vi.fn<typeof fetch>();
  const warned = vi.fn<typeof console.warn>();

  beforeEach(() => {
    vi.resetModules();
    vi.stubGlobal('fetch', fetched.mockReset());
    warned.mockReset();
    vi.spyOn(console, 'warn').mockImplementation(warned);
  });
  afterEach(() => vi.unstubAllGlobals());

  it.each(examples)(
    'behaves the same %s: it responds, falls back, opens after five calls, and logs it',
    async (_, load) => {
      const { findCustomer } = await load();
      fetched.mockImplementation(async () => new Response('Ada'));
      await expect(findCustomer('c-1')).resolves.toBe('Ada');

      fetched.mockImplementation(async () => new Response('', { status: 500 }));
      for (let call = 2; call <= 5; call++) await expect(findCustomer('c-1')).resolves.toBe('unverified c-1');
      expect(warned).toHaveBeenCalledExactlyOnceWith('customer is open');

      await expect(findCustomer('c-1')).resolves.toBe('unverified c-1');
      expect(fetched).toHaveBeenCalledTimes(5);
    },
  );

  it('needs only a replacement for fire', async () => {
    fetched.mockImplementation(async () => new Response('Ada'));
    const { findCustomer } = await import('./in-place.ts');

    await expect(findCustomer('c-1')).resolves.toBe('Ada');
  });
});

describe('The differences on the page', () => {
  it('include that a full bulkhead opens opossum, but not our circuit breaker', async () => {
    const opossum = new Opossum(never, { timeout: false, capacity: 1, volumeThreshold: 4, enableSnapshots: false });
    const breaker = new CircuitBreaker('customer', { slidingWindowSize: 4, minimumNumberOfCalls: 4 });
    const ours = pipeline('customer', [breaker, new Bulkhead('customer', { maxConcurrentCalls: 1 })]);

    void opossum.fire();
    void ours.execute(never);
    for (let call = 2; call <= 9; call++) {
      await expect(opossum.fire()).rejects.toThrow(/Semaphore locked|Breaker is open/);
      await expect(ours.execute(never)).rejects.toBeInstanceOf(BulkheadFullError);
    }

    expect({ opossum: opossum.opened, ours: breaker.state }).toStrictEqual({ opossum: true, ours: 'CLOSED' });
    opossum.shutdown();
  });

  it('include that opossum opens above its threshold, and our circuit breaker at it', async () => {
    const outcomes = [async () => 'ok', fail];
    const opossum = new Opossum((call: () => Promise<string>) => call(), {
      volumeThreshold: 2,
      enableSnapshots: false,
    });
    const breaker = new CircuitBreaker('customer', { slidingWindowSize: 2 });

    for (const call of outcomes) {
      await Promise.allSettled([opossum.fire(call), breaker.execute(call)]);
    }

    expect({ opossum: opossum.opened, ours: breaker.state }).toStrictEqual({ opossum: false, ours: 'OPEN' });
    opossum.shutdown();
  });

  it('include that opossum without its listeners stays open forever', async () => {
    vi.useFakeTimers();
    const clock = new FakeClock();
    const opossum = new Opossum(fail, { resetTimeout: 1_000, enableSnapshots: false });
    const breaker = new CircuitBreaker('customer', { slidingWindowSize: 1, waitDurationInOpenState: '1s' }, { clock });

    opossum.removeAllListeners('open');
    await Promise.allSettled([opossum.fire(), breaker.execute(fail)]);
    await vi.advanceTimersByTimeAsync(60_000);
    clock.advance(60_000);
    await breaker.execute(async () => 'ok');

    expect({ opossum: opossum.opened, ours: breaker.state }).toStrictEqual({ opossum: true, ours: 'HALF_OPEN' });
    opossum.shutdown();
    vi.useRealTimers();
  });

  it('include that a function without a promise fails in opossum', async () => {
    const nothing = vi.fn<() => Promise<void>>().mockReturnValue(undefined as unknown as Promise<void>);
    const opossum = new Opossum(nothing, { enableSnapshots: false });

    await expect(opossum.fire()).rejects.toThrow(TypeError);
    await expect(new CircuitBreaker('customer').execute(nothing)).resolves.toBeUndefined();
    opossum.shutdown();
  });

  it('include that opossum records a filtered error as a success, and our circuit breaker ignores it', async () => {
    const opossum = new Opossum(fail, { errorFilter: () => true, enableSnapshots: false });
    const breaker = new CircuitBreaker('customer', { ignoreException: () => true });

    await Promise.allSettled([opossum.fire(), breaker.execute(fail)]);

    expect({ opossum: opossum.stats.successes, ours: breaker.metrics.bufferedCalls }).toStrictEqual({
      opossum: 1,
      ours: 0,
    });
    opossum.shutdown();
  });

  it('include that opossum releases the permit of a call at its timeout, while its work continues', async () => {
    vi.useFakeTimers();
    const work = vi.fn<() => Promise<never>>(never);
    const opossum = new Opossum(work, { timeout: 1_000, capacity: 1, volumeThreshold: 9, enableSnapshots: false });
    const clock = new FakeClock();
    const ours = pipeline('customer', [
      new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock }),
      new Bulkhead('customer', { maxConcurrentCalls: 1 }, { clock }),
    ]);

    const first = opossum.fire().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(first).resolves.toMatchObject({ code: 'ETIMEDOUT' });
    opossum.fire().catch(() => {});
    const ourFirst = ours.execute(never).catch((error: unknown) => error);
    clock.advance(1_000);
    await expect(ourFirst).resolves.toBeInstanceOf(TimeoutExceededError);

    expect(work).toHaveBeenCalledTimes(2);
    await expect(ours.execute(never)).rejects.toBeInstanceOf(BulkheadFullError);
    opossum.shutdown();
    vi.useRealTimers();
  });
});

describe('docs/migrating-from-opossum.md', async () => {
  const source = await readFile(require.resolve('opossum/lib/circuit.js'), 'utf8');
  const [ofConstructor = ''] = source.split('class CircuitBreaker extends');
  const namesIn = (text: string, pattern: RegExp): readonly string[] => [
    ...new Set([...text.matchAll(pattern)].map(([, name = '']) => name)),
  ];
  const options = namesIn(ofConstructor, /@param \{[^}]+\} options\.(\w+)/g);
  const events = namesIn(source, /@event CircuitBreaker#(\w+)/g);

  it.each(options)('describes the option %s', (option) => {
    expect(page).toMatch(new RegExp(`^\\| [^|]*\`${option}\`[^|]*\\|`, 'm'));
  });

  it.each(events)('describes the event %s', (event) => {
    expect(page).toMatch(new RegExp(`^\\| [^|]*\`${event}\`[^|]*\\|`, 'm'));
  });

  it('finds the options and events of opossum', () => {
    expect({ options: options.length > 20, events: events.length > 12 }).toStrictEqual({ options: true, events: true });
  });
});
