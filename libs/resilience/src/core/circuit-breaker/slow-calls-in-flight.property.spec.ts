import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';

const thresholdMs = 50;

class IgnoredError extends Error {}

type End = 'success' | 'failure' | 'ignored' | 'aborted';

type Step =
  | { readonly do: 'start' }
  | { readonly do: 'advance'; readonly ms: number }
  /** Of the calls in flight, the one at this position. */
  | { readonly do: 'end'; readonly at: number; readonly how: End }
  /** To a new state. */
  | { readonly do: 'transition' }
  /** To an empty window. */
  | { readonly do: 'resize' };

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>({ do: 'start' }) },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 80 }).map((ms): Step => ({ do: 'advance', ms })) },
    { weight: 1, arbitrary: fc.integer({ min: 500, max: 3_000 }).map((ms): Step => ({ do: 'advance', ms })) },
    {
      weight: 6,
      arbitrary: fc
        .record({ at: fc.nat(20), how: fc.constantFrom<End[]>('success', 'failure', 'ignored', 'aborted') })
        .map(({ at, how }): Step => ({ do: 'end', at, how })),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'transition' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'resize' }) },
  ),
  { maxLength: 60 },
);

interface RunningCall {
  readonly startedAt: number;
  /** Ends the call and lets its promises settle. */
  end(how: End): Promise<void>;
}

function start(breaker: CircuitBreaker, clock: FakeClock): RunningCall {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const controller = new AbortController();
  const call = breaker.execute(() => promise, { signal: controller.signal }).catch(() => {});
  return {
    startedAt: clock.now(),
    end: async (how) => {
      if (how === 'aborted') controller.abort();
      if (how === 'success') resolve();
      else reject(how === 'ignored' ? new IgnoredError() : new Error('outage'));
      await call;
    },
  };
}

/** What the window should hold: an entry has the time when it was made. */
interface Entry {
  readonly at: number;
  readonly isSlow: boolean;
  isFailed: boolean;
}

/** The definition, as a list of everything that was recorded since the window was created. */
class Model {
  #entries: Entry[] = [];
  /** The calls that the current state permitted, oldest first, with their entry if they have one. */
  readonly #inFlight = new Map<RunningCall, Entry | undefined>();
  readonly #isTimeBased: boolean;
  size: number;

  constructor(isTimeBased: boolean, size: number) {
    this.#isTimeBased = isTimeBased;
    this.size = size;
  }

  start(call: RunningCall): void {
    this.#inFlight.set(call, undefined);
  }

  advanceTo(now: number): void {
    for (const [call, entry] of this.#inFlight) {
      const slowAt = call.startedAt + thresholdMs + 1;
      if (entry === undefined && slowAt <= now) this.#inFlight.set(call, this.#add({ at: slowAt, isSlow: true }));
    }
  }

  end(call: RunningCall, how: End, now: number): void {
    if (!this.#inFlight.has(call)) return;
    const entry = this.#inFlight.get(call);
    this.#inFlight.delete(call);
    if (entry !== undefined) entry.isFailed = how === 'failure';
    else if (how === 'success' || how === 'failure') {
      this.#add({ at: now, isSlow: false }).isFailed = how === 'failure';
    }
  }

  transition(): void {
    this.#inFlight.clear();
    this.#entries = [];
  }

  resize(size: number): void {
    this.size = size;
    this.#entries = [];
  }

  window(now: number): readonly Entry[] {
    if (!this.#isTimeBased) return this.#entries.slice(-this.size);
    const oldestSecond = Math.floor(now / 1_000) - this.size + 1;
    return this.#entries.filter(({ at }) => Math.floor(at / 1_000) >= oldestSecond);
  }

  #add(entry: Omit<Entry, 'isFailed'>): Entry {
    const added = { ...entry, isFailed: false };
    this.#entries.push(added);
    return added;
  }
}

describe('A circuit breaker that notices slow calls in flight', () => {
  it('has at most one entry for each call, as a list of calls has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.integer({ min: 1, max: 5 }), steps, async (isTimeBased, size, given) => {
        const clock = new FakeClock(1_700_000_000_900);
        const options: CircuitBreakerOptions = {
          // It records like CLOSED and never opens.
          initialState: 'METRICS_ONLY',
          slidingWindowType: isTimeBased ? 'TIME_BASED' : 'COUNT_BASED',
          slowCallDurationThreshold: thresholdMs,
          slowCallsInFlightEnabled: true,
          ignoreExceptions: [IgnoredError],
        };
        const breaker = new CircuitBreaker('customer', { ...options, slidingWindowSize: size }, { clock });
        const model = new Model(isTimeBased, size);
        const running: RunningCall[] = [];

        for (const step of given) {
          switch (step.do) {
            case 'start': {
              const call = start(breaker, clock);
              running.push(call);
              model.start(call);
              break;
            }
            case 'advance':
              clock.advance(step.ms);
              model.advanceTo(clock.now());
              break;
            case 'end': {
              const [call] = running.splice(step.at % Math.max(1, running.length), 1);
              if (call === undefined) break;
              await call.end(step.how);
              model.end(call, step.how, clock.now());
              break;
            }
            case 'transition':
              breaker.transitionToMetricsOnlyState();
              model.transition();
              break;
            case 'resize':
              model.resize(model.size + 1);
              breaker.reconfigure({ ...options, slidingWindowSize: model.size });
          }
          const entries = model.window(clock.now());
          expect(breaker.metrics).toMatchObject({
            bufferedCalls: entries.length,
            failedCalls: entries.filter(({ isFailed }) => isFailed).length,
            slowCalls: entries.filter(({ isSlow }) => isSlow).length,
            slowFailedCalls: entries.filter(({ isFailed, isSlow }) => isFailed && isSlow).length,
          });
          expect(clock.pendingTimers).toBeLessThanOrEqual(1);
        }

        // The timer ends without calls.
        for (const call of running) await call.end('success');
        clock.advance(thresholdMs + 1);
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  it('has in HALF_OPEN an entry or a free permission for each trial call that has ended', async () => {
    const trialCalls = 4;
    const trialStep = fc.constantFrom<Step['do'][]>('start', 'advance', 'end');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(trialStep, fc.nat(5), fc.constantFrom<End[]>('success', 'failure', 'ignored', 'aborted')), {
          maxLength: 30,
        }),
        async (given) => {
          const clock = new FakeClock();
          const breaker = new CircuitBreaker(
            'customer',
            {
              initialState: 'HALF_OPEN',
              permittedNumberOfCallsInHalfOpenState: trialCalls,
              slowCallDurationThreshold: thresholdMs,
              slowCallsInFlightEnabled: true,
              ignoreExceptions: [IgnoredError],
            },
            { clock },
          );
          const running: RunningCall[] = [];
          let left = false;
          breaker.on('STATE_TRANSITION', () => (left = true));

          for (const [what, number, how] of given) {
            if (left) break;
            if (what === 'start') {
              const { notPermittedCalls } = breaker.metrics;
              const call = start(breaker, clock);
              if (breaker.metrics.notPermittedCalls === notPermittedCalls) running.push(call);
            }
            if (what === 'advance') clock.advance(number * 20);
            const [call] = what === 'end' ? running.splice(number % Math.max(1, running.length), 1) : [];
            await call?.end(how);
          }
          for (const call of running) await call.end('ignored');

          if (left) return;
          const recorded = breaker.metrics.bufferedCalls;
          const free = Array.from({ length: trialCalls + 1 }, () => breaker.tryAcquirePermission()).filter(Boolean);
          expect(recorded + free.length).toBe(trialCalls);
        },
      ),
    );
  });
});
