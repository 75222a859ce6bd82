import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Bulkhead } from './bulkhead.ts';

/** Records the state of a call. */
class ObservedCall {
  readonly number: number;
  readonly caller = new AbortController();
  readonly settled: Promise<unknown>;
  isStarted = false;
  /** Whether its work has ended. The promise of the caller settles a little later. */
  isEnded = false;
  isSettled = false;
  readonly #end: (isFailure: boolean) => void;

  constructor(bulkhead: Bulkhead, number: number, onStart: (call: ObservedCall) => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.number = number;
    this.#end = (isFailure) => (isFailure ? reject(new Error('outage')) : resolve());
    const work = () => {
      this.isStarted = true;
      onStart(this);
      return promise;
    };
    this.settled = bulkhead
      .execute(work, { signal: this.caller.signal })
      .catch(() => undefined)
      .finally(() => (this.isSettled = true));
  }

  get isInFlight(): boolean {
    return this.isStarted && !this.isEnded;
  }

  end(isFailure: boolean): void {
    this.isEnded = true;
    this.#end(isFailure);
  }
}

type Action =
  | { readonly do: 'start' }
  | { readonly do: 'end'; readonly pick: number; readonly isFailure: boolean }
  | { readonly do: 'abort'; readonly pick: number }
  | { readonly do: 'advance'; readonly byMs: number }
  | { readonly do: 'change'; readonly maxConcurrentCalls: number };

const start: fc.Arbitrary<Action> = fc.constant({ do: 'start' });
const end: fc.Arbitrary<Action> = fc.record({ do: fc.constant('end'), pick: fc.nat(20), isFailure: fc.boolean() });
const abort: fc.Arbitrary<Action> = fc.record({ do: fc.constant('abort'), pick: fc.nat(20) });
const advance: fc.Arbitrary<Action> = fc.record({ do: fc.constant('advance'), byMs: fc.nat(60) });
const change: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('change'),
  maxConcurrentCalls: fc.integer({ min: 0, max: 5 }),
});

const options = fc.record({
  maxConcurrentCalls: fc.integer({ min: 0, max: 4 }),
  maxWaitDuration: fc.constantFrom(0, 50, 1_000),
});

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(given: { readonly maxConcurrentCalls: number; readonly maxWaitDuration: number }) {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead('customer', given, { clock });
  const calls: ObservedCall[] = [];
  const started: number[] = [];
  const inFlight = () => calls.filter((call) => call.isInFlight);
  const inFlightAtStart: number[] = [];

  const perform = (action: Action): void => {
    const pick = (from: readonly ObservedCall[]) => ('pick' in action ? from[action.pick % from.length] : undefined);
    switch (action.do) {
      case 'start': {
        const onStart = (call: ObservedCall) => {
          started.push(call.number);
          inFlightAtStart.push(inFlight().length);
        };
        calls.push(new ObservedCall(bulkhead, calls.length, onStart));
        break;
      }
      case 'end':
        pick(inFlight())?.end(action.isFailure);
        break;
      case 'abort':
        pick(calls.filter(({ isSettled }) => !isSettled))?.caller.abort('aborted');
        break;
      case 'advance':
        clock.advance(action.byMs);
        break;
      case 'change':
        bulkhead.changeConfig({ maxConcurrentCalls: action.maxConcurrentCalls });
    }
  };
  const finish = async () => {
    for (const call of calls) call.caller.abort('aborted');
    for (const call of calls) call.end(false);
    await Promise.all(calls.map(({ settled }) => settled));
    await settle();
  };
  return { clock, bulkhead, calls, started, inFlightAtStart, inFlight, perform, finish };
}

describe('A bulkhead', () => {
  it('never exceeds maxConcurrentCalls, admits calls first in first out, and has all permits free at the end', async () => {
    const actions = fc.array(fc.oneof({ weight: 3, arbitrary: start }, end, abort, advance), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(options, actions, async (given, steps) => {
        const { clock, bulkhead, started, inFlightAtStart, inFlight, perform, finish } = setUp(given);

        for (const step of steps) {
          perform(step);
          await settle();
          const free = bulkhead.metrics.availableConcurrentCalls;
          expect(free + inFlight().length).toBe(given.maxConcurrentCalls);
        }
        await finish();

        expect(Math.max(0, ...inFlightAtStart)).toBeLessThanOrEqual(given.maxConcurrentCalls);
        expect(started).toStrictEqual(started.toSorted((a, b) => a - b));
        expect(bulkhead.metrics.availableConcurrentCalls).toBe(given.maxConcurrentCalls);
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  it('lets no call wait while a permit is free, also when the maximum changes and events coincide', async () => {
    const action = fc.oneof({ weight: 3, arbitrary: start }, end, abort, advance, change);
    const bursts = fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(options, bursts, async (given, steps) => {
        const { clock, bulkhead, calls, perform, finish } = setUp(given);

        for (const burst of steps) {
          for (const step of burst) perform(step);
          await settle();
          const isCallWaiting = calls.some(({ isStarted, isSettled }) => !isStarted && !isSettled);
          expect(isCallWaiting && bulkhead.metrics.availableConcurrentCalls > 0).toBe(false);
        }
        await finish();

        const { availableConcurrentCalls, maxAllowedConcurrentCalls } = bulkhead.metrics;
        expect(availableConcurrentCalls).toBe(maxAllowedConcurrentCalls);
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });
});
