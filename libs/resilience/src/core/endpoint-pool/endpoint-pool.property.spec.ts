import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
import { EndpointPool } from './endpoint-pool.ts';

type Action =
  | { readonly do: 'start'; readonly isRepetition: boolean }
  | { readonly do: 'end'; readonly pick: number; readonly how: 'succeed' | 'fail' | 'disconnect' | 'abort' }
  | { readonly do: 'advance'; readonly byMs: number }
  | { readonly do: 'eject' | 'restore'; readonly pick: number }
  | { readonly do: 'endpoints'; readonly names: readonly string[] };

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('start' as const), isRepetition: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick: fc.nat(20),
      how: fc.constantFrom('succeed', 'fail', 'fail', 'disconnect', 'abort'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), byMs: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('eject' as const, 'restore' as const), pick: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('endpoints' as const),
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
    }),
  },
);

const options = fc.record({
  loadBalancing: fc.constantFrom('PEAK_EWMA' as const, 'ROUND_ROBIN' as const),
  consecutiveFailures: fc.integer({ min: 1, max: 3 }),
  consecutiveConnectionErrors: fc.integer({ min: 1, max: 3 }),
  consecutiveSlowCalls: fc.integer({ min: 1, max: 3 }),
  slidingWindowSize: fc.integer({ min: 1, max: 5 }),
  minimumNumberOfCalls: fc.integer({ min: 1, max: 5 }),
  maxEjectionPercent: fc.integer({ min: 0, max: 100 }),
  panicThreshold: fc.integer({ min: 0, max: 100 }),
  slowStartWindow: fc.constantFrom(0, 1_000),
});

const fixed = { slowCallDurationThreshold: 500, baseEjectionTime: 1_000, maxEjectionTime: 4_000 };

/** A pool with calls that the test starts and ends, and what must hold after each step. */
class Observed {
  readonly clock = new FakeClock();
  readonly pool: EndpointPool;
  readonly calls: { readonly end: (how: string) => Promise<void> }[] = [];
  readonly given: object;
  /** What must not happen. */
  readonly violations: string[] = [];

  constructor(given: object, random: () => number) {
    this.given = { ...given, ...fixed };
    const endpoints = ['http://a', 'http://b', 'http://c'];
    this.pool = new EndpointPool('customer', { ...this.given, endpoints }, { clock: this.clock, random });
    this.pool.on('ENDPOINT_EJECTED', ({ reason }) => {
      if (reason === 'MANUAL' || reason === 'TRIAL_FAILED') return;
      if (this.outOfService() > this.limit()) this.violations.push(`ejected above the limit: ${reason}`);
    });
  }

  outOfService(): number {
    const { numberOfEndpoints, endpointsInService } = this.pool.metrics;
    return numberOfEndpoints - endpointsInService;
  }

  /** The limit as the documentation has it. */
  limit(): number {
    const { numberOfEndpoints } = this.pool.metrics;
    const share = Math.floor((numberOfEndpoints * this.pool.config.maxEjectionPercent) / 100);
    return Math.min(Math.max(1, share), numberOfEndpoints - 1);
  }

  start(isRepetition: boolean): void {
    const { isPanic } = this.pool.metrics;
    const before = this.pool.endpoints;
    const context = { usedEndpoints: new UsedEndpoints(true) };
    const used = before.find(({ state }) => state === 'IN_SERVICE' || isPanic);
    if (isRepetition && used !== undefined) context.usedEndpoints.add({ ...used, isOutOfService: false });
    const abort = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let chosen = '';
    const settled = this.pool.execute(
      ({ endpoint }) => {
        chosen = endpoint!.name;
        return promise;
      },
      { ...context, signal: abort.signal },
    );
    settled.catch(() => {});
    const state = before.find((endpoint) => endpoint.name === chosen)?.state;
    // A set of endpoints always has one for a call, and an ejected one only in panic.
    if (state === undefined) this.violations.push('refused a call');
    if (state === 'EJECTED' && !isPanic) this.violations.push(`used ${chosen}, which is ejected`);
    if (state === 'TRIAL' && isRepetition && !isPanic)
      this.violations.push(`made a trial of a repetition at ${chosen}`);
    const end = async (how: string): Promise<void> => {
      if (how === 'succeed') resolve();
      if (how === 'fail') reject(Object.assign(new Error('503'), { status: 503 }));
      if (how === 'disconnect') reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      if (how === 'abort') {
        abort.abort(new Error('the client disconnected'));
        reject(new Error('aborted'));
      }
      await settled.catch(() => {});
    };
    this.calls.push({ end });
  }

  async perform(step: Action): Promise<void> {
    if (step.do === 'start') this.start(step.isRepetition);
    if (step.do === 'end' && this.calls.length > 0) {
      const [call] = this.calls.splice(step.pick % this.calls.length, 1);
      await call!.end(step.how);
    }
    if (step.do === 'advance') this.clock.advance(step.byMs);
    if (step.do === 'eject' || step.do === 'restore') {
      const { endpoints } = this.pool;
      this.pool[step.do](endpoints[step.pick % endpoints.length]!.name);
    }
    if (step.do === 'endpoints') {
      this.pool.reconfigure({ ...this.given, endpoints: step.names.map((each) => `http://${each}`) });
    }
  }
}

describe('An endpoint pool', () => {
  it('never ejects above its limit, never uses an ejected endpoint outside panic, and settles every call', async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.array(action, { maxLength: 60 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (given, actions, randoms) => {
          const observed = new Observed(given, () => randoms.next().value as number);
          for (const step of actions) await observed.perform(step);
          expect(observed.violations).toStrictEqual([]);

          for (const call of observed.calls.splice(0)) await call.end('succeed');
          for (const { inFlightCalls } of observed.pool.endpoints) expect(inFlightCalls).toBe(0);
          observed.clock.advance(fixed.slowCallDurationThreshold);
          expect(observed.clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('uses all endpoints when all are bad: at least one is in service, or it is in panic', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(name, { minLength: 1, maxLength: 100 }), async (given, ends) => {
        const observed = new Observed(given, Math.random);
        for (const _ of ends) {
          observed.start(false);
          await observed.calls.pop()!.end('fail');
          const { endpointsInService, isPanic } = observed.pool.metrics;
          expect(endpointsInService > 0 || isPanic).toBe(true);
          expect(observed.violations).toStrictEqual([]);
        }
      }),
    );
  });
});
