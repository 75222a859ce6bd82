import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
import { callContext, type CallContext, LazyAbortController } from '../policy.ts';
import { createRegistry } from '../policies.ts';
import { ResilienceError } from '../errors.ts';
import type { AnyEndpointPoolEvent } from './endpoint-pool.events.ts';
import type { EndpointPoolOptions } from './endpoint-pool.options.ts';
import { EndpointPool } from './endpoint-pool.ts';
import { maxOutOfService } from './endpoint-set.ts';

class ServiceError extends Error {
  readonly status = 503;
}

class TimeoutExceeded extends ResilienceError {
  readonly code = 'TIMEOUT_EXCEEDED';
  readonly limitedBy = 'timeoutDuration';
}

class DeadlinePassed extends ResilienceError {
  readonly code = 'DEADLINE_EXCEEDED';
}

const unavailable = () => new ServiceError('503');
const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const failureOf = (reason: string) => ({ reason, failed: 1 });

function usedBefore(usedEndpoints: UsedEndpoints): UsedEndpoints {
  usedEndpoints.add({ url: 'http://x', name: 'x', isOutOfService: false });
  return usedEndpoints;
}

/** A source of random numbers that repeats a sequence. */
function sequence(...numbers: readonly number[]) {
  let at = 0;
  return () => numbers[at++ % numbers.length]!;
}

/** A pool of the endpoints a, b, …; the random numbers let both of two endpoints be the first of a comparison in turn. */
function setUp(
  options: EndpointPoolOptions = {},
  names: readonly string[] = ['a', 'b'],
  random = sequence(0, 0, 0.99),
) {
  const clock = new FakeClock();
  const pool = new EndpointPool(
    'customer',
    { endpoints: names.map(urlOf), slowCallDurationThreshold: '1s', eventConsumerBufferSize: 100, ...options },
    { clock, random },
  );
  return {
    clock,
    pool,
    /** What is wrong with endpoints, by name; the others respond at once. */
    faults: {} as Record<string, () => unknown>,
    states: () => Object.fromEntries(pool.endpoints.map(({ name, state }) => [name, state])),
    events: (type: AnyEndpointPoolEvent['type']) => pool.bufferedEvents().filter((event) => event.type === type),
  };
}

const urlOf = (name: string) => `http://${name}`;

type Scene = ReturnType<typeof setUp>;

/** Makes calls one after the other and returns the names of the endpoints that they went to. */
async function callTimes({ pool, faults }: Scene, times: number, context?: () => Partial<CallContext>) {
  const used: string[] = [];
  for (let call = 0; call < times; call++) {
    await pool
      .execute(({ endpoint }) => {
        used.push(endpoint!.name);
        const fault = faults[endpoint!.name];
        if (fault !== undefined) throw fault();
      }, context?.())
      .catch(() => {});
  }
  return used;
}

/** Starts a call that ends when the test ends it. */
function startCall({ pool }: Scene, context: Partial<CallContext> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let endpoint = '';
  const settled = pool.execute((given) => {
    endpoint = given.endpoint!.name;
    return promise;
  }, context);
  settled.catch(() => {});
  return {
    endpoint,
    succeed: async () => {
      resolve('response');
      await settled;
    },
    fail: async (error: unknown = unavailable()) => {
      reject(error);
      await settled.catch(() => {});
    },
  };
}

const count = (used: readonly string[], name: string) => used.filter((each) => each === name).length;

/** The snapshot of an endpoint. */
const endpointOf = ({ pool }: Scene, name: string) => pool.endpoints.find((endpoint) => endpoint.name === name)!;

/** A fault that occurs at every nth call of an endpoint; its other calls are successes. */
function everyNth(n: number) {
  let calls = 0;
  return () => (++calls % n === 0 ? unavailable() : Object.assign(new Error('not found'), { status: 404 }));
}

type Ending = 'ok' | '503' | 'refused' | 'aborted' | 'slow' | 'slow 503' | 'slow refused';

/** Makes calls one after the other that end so; a slow one takes longer than the threshold. */
async function callsThatEnd(scene: Scene, ...endings: readonly Ending[]) {
  for (const ending of endings) {
    const controller = new AbortController();
    const call = startCall(scene, { signal: controller.signal });
    if (ending.startsWith('slow')) scene.clock.advance(1_001);
    if (ending === 'aborted') controller.abort(new Error('the client disconnected'));
    if (ending.endsWith('ok') || ending === 'slow') await call.succeed();
    else await call.fail(ending.endsWith('503') ? unavailable() : refused());
  }
}

describe('An endpoint pool', () => {
  it('gives each call the URL and the name of its endpoint', async () => {
    const { pool } = setUp({ endpoints: ['http://10.0.0.7:3000/base/'] });

    const endpoint = await pool.execute((context) => context.endpoint);

    expect(endpoint).toStrictEqual({ url: 'http://10.0.0.7:3000/base', name: '10.0.0.7:3000/base' });
  });

  it('passes calls on without an endpoint when none is configured', async () => {
    const pool = new EndpointPool('customer');

    await expect(pool.execute(({ endpoint }) => endpoint)).resolves.toBeUndefined();
  });

  it('is not in panic when it has no endpoints, and names none in its errors', () => {
    const scene = setUp({}, []);

    expect(scene.pool.metrics).toStrictEqual({
      numberOfEndpoints: 0,
      endpointsInService: 0,
      isPanic: false,
      isResolutionFailing: false,
    });
    expect(scene.pool.bufferedEvents()).toStrictEqual([]);
    expect(() => scene.pool.restore('a')).toThrow("EndpointPool 'customer' has no endpoint 'a'. Its endpoints: none.");
  });

  it('does not make a call whose caller has already aborted', async () => {
    const scene = setUp();
    const call = vi.fn<() => void>();
    const reason = new Error('the client disconnected');

    await expect(scene.pool.execute(call, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(call).not.toHaveBeenCalled();
  });

  it('shows an endpoint without calls with rates of 0 and without an ejection', () => {
    expect(setUp({}, ['a']).pool.endpoints).toStrictEqual([
      {
        url: 'http://a',
        name: 'a',
        state: 'IN_SERVICE',
        ejectionReason: undefined,
        remainingEjectionMs: undefined,
        inFlightCalls: 0,
        latencyMs: 0,
        failureRate: 0,
        slowCallRate: 0,
        numberOfSuccessfulCalls: 0,
        numberOfFailedCalls: 0,
        numberOfEjections: 0,
      },
    ]);
  });

  it('refuses faulty options, and lists all faults', () => {
    const options = { endpoints: ['10.0.0.7'], consecutiveFailures: 0, maxEjectionPercent: 101, maxEjectionTime: '1s' };

    const create = () => new EndpointPool('customer', options);

    expect(create).toThrow("EndpointPool 'customer' has 4 invalid options");
    expect(() => setUp().pool.reconfigure(options)).toThrow("EndpointPool 'customer' has 4 invalid options");
    expect(create).toThrow(
      'endpoints is ["10.0.0.7"]; allowed: a list of URLs, each with a protocol and a different host, port or path',
    );
    expect(create).toThrow('maxEjectionTime is 1000 ms; allowed: at least baseEjectionTime, which is 30000 ms');
  });

  it.each([[['http://a', 'http://a/']], [['http://a?x=1']], [['']]])(
    'refuses URLs that are no different base URLs: %j',
    (endpoints) => {
      expect(() => new EndpointPool('customer', { endpoints })).toThrow('endpoints is');
    },
  );

  it('emits added and removed endpoints, and keeps the state of those that stay', () => {
    const scene = setUp({}, ['a', 'b', 'c']);
    scene.pool.eject('a');

    scene.pool.reconfigure({ endpoints: ['a', 'd'].map(urlOf), eventConsumerBufferSize: 100 });

    expect(scene.states()).toStrictEqual({ a: 'EJECTED', d: 'IN_SERVICE' });
    expect(scene.events('ENDPOINT_REMOVED')).toStrictEqual(
      ['b', 'c'].map((name) => ({
        type: 'ENDPOINT_REMOVED',
        endpointPoolName: 'customer',
        creationTime: scene.clock.now(),
        endpoint: name,
        url: `http://${name}`,
      })),
    );
    expect(scene.events('ENDPOINT_ADDED')).toMatchObject([
      { endpoint: 'a' },
      { endpoint: 'b' },
      { endpoint: 'c' },
      { endpoint: 'd', url: 'http://d' },
    ]);
  });

  it.each([
    [{}, 50],
    [{ slidingWindowSize: 50 }, 0],
  ])('with the new options %j has a failure rate of %i %% in its windows', async (options, failureRate) => {
    const scene = setUp({}, ['a']);
    await callsThatEnd(scene, 'ok', '503');

    scene.pool.reconfigure({ endpoints: ['http://a'], consecutiveFailures: 9, ...options });

    expect(endpointOf(scene, 'a')).toMatchObject({ failureRate, numberOfFailedCalls: 1 });
    // Nor does it keep events any more.
    expect(scene.pool.bufferedEvents()).toStrictEqual([]);
  });

  it('counts its calls in flight', async () => {
    const scene = setUp();
    const [first, second] = [startCall(scene), startCall(scene)];
    expect(scene.pool.usage.inFlightCalls).toBe(2);

    await first.succeed();
    await second.fail();

    expect(scene.pool.usage.inFlightCalls).toBe(0);
  });

  it('judges no endpoint that has been removed by its calls in flight', async () => {
    const scene = setUp({ consecutiveFailures: 1, loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c']);
    const call = startCall(scene);
    scene.pool.reconfigure({ ...scene.pool.config, endpoints: ['http://b', 'http://c'] } as EndpointPoolOptions);

    await call.fail();

    expect(call.endpoint).toBe('a');
    expect(scene.events('ENDPOINT_EJECTED')).toStrictEqual([]);
    expect(scene.events('EJECTION_PREVENTED')).toStrictEqual([]);
  });

  it('shows a circuit breaker around it which attempts were made at endpoints out of service', () => {
    const scene = setUp({ loadBalancing: 'ROUND_ROBIN' });
    const usedEndpoints = new UsedEndpoints(true);
    const areOutOfService = () => usedEndpoints.areOutOfServiceSince(0);
    expect(startCall(scene, { usedEndpoints }).endpoint).toBe('a');
    expect(areOutOfService()).toBe(false);

    scene.pool.eject('a');
    expect(areOutOfService()).toBe(true);
    scene.pool.eject('b');
    // In panic, it gets calls again.
    expect(areOutOfService()).toBe(false);
    scene.pool.reconfigure({ endpoints: ['http://b'] });
    expect(areOutOfService()).toBe(true);
  });

  it('shows no endpoint as out of service while each one in service would be ejected, too', async () => {
    const scene = setUp({ consecutiveFailures: 1, loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c']);
    const usedEndpoints = new UsedEndpoints(true);
    expect(startCall(scene, { usedEndpoints }).endpoint).toBe('a');
    scene.pool.eject('a');
    for (const name of ['b', 'c']) scene.faults[name] = unavailable;

    const shown = [];
    for (let call = 0; call < 2; call++) {
      await callTimes(scene, 1);
      shown.push(usedEndpoints.areOutOfServiceSince(0));
    }
    scene.faults = {};
    while ((await callTimes(scene, 1))[0] !== 'c');

    expect(shown).toStrictEqual([true, false]);
    expect(usedEndpoints.areOutOfServiceSince(0)).toBe(true);
  });

  it('shows when the ejection of an endpoint ends', async () => {
    const scene = setUp({ consecutiveFailures: 1, loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c', 'd']);
    scene.faults['a'] = unavailable;
    await callTimes(scene, 1);
    scene.pool.eject('b');
    scene.clock.advance(10_000);

    expect(scene.pool.endpoints).toMatchObject([
      { state: 'EJECTED', ejectionReason: 'CONSECUTIVE_FAILURES', remainingEjectionMs: 20_000 },
      { state: 'EJECTED', ejectionReason: 'MANUAL', remainingEjectionMs: undefined },
      { state: 'IN_SERVICE', ejectionReason: undefined, remainingEjectionMs: undefined },
      {},
    ]);
    scene.clock.advance(20_000);
    expect(endpointOf(scene, 'a')).toMatchObject({ state: 'TRIAL', remainingEjectionMs: undefined });
    scene.pool.restore('a');
    expect(endpointOf(scene, 'a')).toMatchObject({ state: 'SLOW_START', ejectionReason: undefined });
    expect(scene.pool.metrics.endpointsInService).toBe(3);
  });

  it('is removable from a registry only without calls in flight and ejected endpoints', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const clock = new FakeClock();
    const registry = createRegistry('endpointPool', {}, { clock, dynamicInstances: { maxInstances: 1 } });
    const pool = registry.getOrCreate('customer', { endpoints: ['http://a', 'http://b'] });
    pool.eject('a');

    expect(registry.getOrCreate('ledger').name).toBe('other');
    pool.restore('a');
    clock.advance(10_000);

    expect(registry.getOrCreate('ledger').name).toBe('ledger');
    emitWarning.mockRestore();
  });
});

describe('An endpoint pool with endpoints keeps the contract of every policy:', () => {
  it.each(policyContract)('$title', async ({ run }) => {
    // With outlier detection, the timer for slow calls outlasts the calls; another test has that.
    const options = { endpoints: ['http://a', 'http://b'], outlierDetectionEnabled: false };
    await expect(run(({ clock }) => new EndpointPool('customer', options, { clock }))).resolves.toBeUndefined();
  });
});

describe('The choice of an endpoint pool', () => {
  it('prefers the endpoint with fewer calls in flight', () => {
    const scene = setUp();

    const used = Array.from({ length: 6 }, () => startCall(scene).endpoint);

    expect([count(used, 'a'), count(used, 'b')]).toStrictEqual([3, 3]);
  });

  it('avoids an endpoint with a high latency until the latency is forgotten', async () => {
    const scene = setUp();
    const [first, second] = [startCall(scene), startCall(scene)];
    scene.clock.advance(10);
    await first.succeed();
    scene.clock.advance(490);
    await second.succeed();

    expect(await callTimes(scene, 9)).toStrictEqual(Array.from({ length: 9 }, () => first.endpoint));
    // The latency of the other one has fallen to e^-4 of 500 ms, which is less than 10 ms.
    scene.clock.advance(40_000);
    expect(scene.pool.endpoints.find(({ name }) => name === second.endpoint)?.latencyMs).toBeCloseTo(9.16, 2);
  });

  it('compares only two of many endpoints', () => {
    const scene = setUp({}, ['a', 'b', 'c', 'd'], sequence(0.5, 0.99));

    const used = Array.from({ length: 4 }, () => startCall(scene).endpoint);

    expect(new Set(used)).toStrictEqual(new Set(['c', 'd']));
  });

  it.each([
    [
      [0.5, 0.99],
      ['c', 'd'],
    ],
    [
      [0.99, 0],
      ['d', 'a'],
    ],
    [
      [0, 0],
      ['a', 'b'],
    ],
  ])('with the random numbers %j compares %j, and takes the first of equal ones first', (numbers, expected) => {
    const scene = setUp({}, ['a', 'b', 'c', 'd'], sequence(...numbers));

    expect([startCall(scene).endpoint, startCall(scene).endpoint]).toStrictEqual(expected);
  });

  it('prefers the endpoint with fewer calls in flight when the latencies are equal', async () => {
    const scene = setUp();
    const calls = [startCall(scene), startCall(scene)];
    scene.clock.advance(10);
    for (const call of calls) await call.succeed();

    const used = Array.from({ length: 6 }, () => startCall(scene).endpoint);

    expect([count(used, 'a'), count(used, 'b')]).toStrictEqual([3, 3]);
  });

  it('prefers an endpoint whose latency is not known, until it has a call in flight', async () => {
    const scene = setUp({}, ['a'], sequence(0));
    const call = startCall(scene);
    scene.clock.advance(10);
    await call.succeed();
    scene.pool.reconfigure({ endpoints: ['http://a', 'http://b'] });

    const used = Array.from({ length: 3 }, () => startCall(scene).endpoint);

    expect(used).toStrictEqual(['b', 'a', 'a']);
  });

  it('follows a peak of the latency at once, and forgets it slowly', async () => {
    const scene = setUp({ decayTime: 50 }, ['a']);
    const callOf = async (durationMs: number) => {
      const call = startCall(scene);
      scene.clock.advance(durationMs);
      await call.succeed();
      return endpointOf(scene, 'a').latencyMs;
    };

    expect(await callOf(80)).toBe(80);
    expect(await callOf(100)).toBe(100);
    // After one decay time, the weight of the earlier latency is 1/e.
    expect(await callOf(50)).toBeCloseTo(100 / Math.E + 50 * (1 - 1 / Math.E), 6);
  });

  it.each<[string, number, number]>([
    ['raises', 200, 200],
    // It falls by a fifth of the decay time, as without the call.
    ['does not change', 10, 100 * Math.exp(-0.2)],
  ])('%s the latency by a call that failed or was aborted after %i ms', async (_what, durationMs, latencyMs) => {
    for (const isAborted of [false, true]) {
      const scene = setUp({ decayTime: 50 }, ['a']);
      const first = startCall(scene);
      scene.clock.advance(100);
      await first.succeed();
      const controller = new AbortController();
      const second = startCall(scene, { signal: controller.signal });
      scene.clock.advance(durationMs);
      if (isAborted) controller.abort(new Error('the client disconnected'));
      await second.fail();

      expect(endpointOf(scene, 'a').latencyMs).toBeCloseTo(latencyMs, 6);
    }
  });

  it('sends a further attempt to the only endpoint', async () => {
    const context = { usedEndpoints: new UsedEndpoints(true) };

    expect(await callTimes(setUp({}, ['a']), 3, () => context)).toStrictEqual(['a', 'a', 'a']);
  });

  it('does not avoid endpoints of other calls that share the context', async () => {
    const scene = setUp({}, ['a', 'b'], sequence(0));
    const context = { usedEndpoints: new UsedEndpoints(false) };

    expect(await callTimes(scene, 3, () => context)).toStrictEqual(['a', 'a', 'a']);
  });

  it('goes round with ROUND_ROBIN, regardless of latency and calls in flight', async () => {
    const scene = setUp({ loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c']);
    startCall(scene);

    expect(await callTimes(scene, 5)).toStrictEqual(['b', 'c', 'a', 'b', 'c']);
  });

  it('survives a source of random numbers that returns nonsense', async () => {
    const scene = setUp({}, ['a', 'b', 'c'], sequence(Number.NaN, 1, 7));

    await expect(callTimes(scene, 9)).resolves.toHaveLength(9);
  });

  it('sends further attempts of a call to endpoints that it has not used, while there are any', async () => {
    const scene = setUp({}, ['a', 'b', 'c']);
    const context = { usedEndpoints: new UsedEndpoints(true) };

    const used = await callTimes(scene, 6, () => context);

    expect(new Set(used.slice(0, 3))).toStrictEqual(new Set(['a', 'b', 'c']));
    for (let at = 1; at < used.length; at++) expect(used[at]).not.toBe(used[at - 1]);
  });
});

describe('Outlier detection', () => {
  it('ejects an endpoint after consecutive failures, and sends it no call', async () => {
    const scene = setUp({ consecutiveFailures: 3 });
    scene.faults['a'] = unavailable;

    const used = await callTimes(scene, 20);

    expect(count(used, 'a')).toBe(3);
    expect(scene.states()).toStrictEqual({ a: 'EJECTED', b: 'IN_SERVICE' });
    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([
      { endpoint: 'a', reason: 'CONSECUTIVE_FAILURES', ejectionTimeMs: 30_000, numberOfEjections: 1 },
    ]);
  });

  it('does not eject an endpoint whose failures are interrupted by successes', async () => {
    const scene = setUp({ consecutiveFailures: 2 });
    let calls = 0;
    scene.faults['a'] = () =>
      ++calls % 2 === 0 ? unavailable() : Object.assign(new Error('not found'), { status: 404 });

    await callTimes(scene, 30);

    expect(calls).toBeGreaterThan(9);
    expect(scene.states()['a']).toBe('IN_SERVICE');
  });

  it('counts connection errors apart from service errors', async () => {
    const scene = setUp({ consecutiveFailures: 2, consecutiveConnectionErrors: 4 });
    scene.faults['a'] = refused;

    const used = await callTimes(scene, 20);

    expect(count(used, 'a')).toBe(4);
    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ reason: 'CONSECUTIVE_CONNECTION_ERRORS' }]);
  });

  it('counts a timeout of a time limiter around the pool as a connection error', async () => {
    const scene = setUp({ consecutiveConnectionErrors: 1 });
    const abort = new LazyAbortController();
    const call = startCall(scene, callContext(abort, 1));

    abort.abort(new TimeoutExceeded('too late'));
    await call.fail(new DOMException('aborted', 'AbortError'));

    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([
      { endpoint: call.endpoint, reason: 'CONSECUTIVE_CONNECTION_ERRORS' },
    ]);
  });

  it('ignores calls that their callers aborted, and errors of the program', async () => {
    const scene = setUp({ consecutiveFailures: 1, consecutiveConnectionErrors: 1 });
    for (let call = 0; call < 10; call++) {
      const controller = new AbortController();
      const started = startCall(scene, { signal: controller.signal });
      controller.abort(new Error('the client disconnected'));
      await started.fail(refused());
      await startCall(scene).fail(Object.assign(new Error('self signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }));
    }

    expect(scene.states()).toStrictEqual({ a: 'IN_SERVICE', b: 'IN_SERVICE' });
    expect(scene.pool.endpoints.map(({ inFlightCalls }) => inFlightCalls)).toStrictEqual([0, 0]);
  });

  it.each<[string, () => unknown, { reason?: string; successful?: number; failed?: number }]>([
    ['a response with status 200', () => new Response(null, { status: 200 }), { successful: 1 }],
    ['a response with status 404', () => new Response(null, { status: 404 }), { successful: 1 }],
    ['a response with status 503', () => new Response(null, { status: 503 }), failureOf('CONSECUTIVE_FAILURES')],
    ['a response with status 408', () => new Response(null, { status: 408 }), failureOf('CONSECUTIVE_FAILURES')],
    ['an error with status 503', () => Promise.reject(unavailable()), failureOf('CONSECUTIVE_FAILURES')],
    ['a connection error', () => Promise.reject(refused()), failureOf('CONSECUTIVE_CONNECTION_ERRORS')],
    [
      'a timeout of a time limiter in the pool',
      () => Promise.reject(new TimeoutExceeded('too late')),
      failureOf('CONSECUTIVE_CONNECTION_ERRORS'),
    ],
    ['a passed deadline', () => Promise.reject(new DeadlinePassed('too late')), {}],
  ])('judges %s', async (_what, call, { reason, successful = 0, failed = 0 }) => {
    const scene = setUp({ consecutiveFailures: 1, consecutiveConnectionErrors: 1 });

    await scene.pool.execute(call).catch(() => {});

    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject(reason === undefined ? [] : [{ endpoint: 'a', reason }]);
    expect(endpointOf(scene, 'a')).toMatchObject({
      numberOfSuccessfulCalls: successful,
      numberOfFailedCalls: failed,
      failureRate: 0,
    });
  });

  it.each<[readonly Ending[], string | undefined]>([
    [['503', '503'], 'CONSECUTIVE_FAILURES'],
    [['503', 'ok', '503'], undefined],
    [['503', 'aborted', '503'], 'CONSECUTIVE_FAILURES'],
    [['503', 'refused', '503'], 'CONSECUTIVE_FAILURES'],
    [['refused', 'refused'], 'CONSECUTIVE_CONNECTION_ERRORS'],
    [['refused', '503', 'refused'], undefined],
    [['refused', 'aborted', 'refused'], 'CONSECUTIVE_CONNECTION_ERRORS'],
    [['slow', 'slow'], 'CONSECUTIVE_SLOW_CALLS'],
    [['slow', 'ok', 'slow'], undefined],
    [['slow', '503'], undefined],
    [['slow', 'refused'], undefined],
    [['slow 503', '503'], 'CONSECUTIVE_FAILURES'],
    [['slow refused', 'refused'], 'CONSECUTIVE_CONNECTION_ERRORS'],
  ])('finds in the calls %j the reason %s', async (endings, reason) => {
    const scene = setUp({ consecutiveFailures: 2, consecutiveConnectionErrors: 2, consecutiveSlowCalls: 2 }, ['a']);

    await callsThatEnd(scene, ...endings);

    // The only endpoint is never ejected.
    expect(scene.events('EJECTION_PREVENTED')).toMatchObject(reason === undefined ? [] : [{ endpoint: 'a', reason }]);
    expect(scene.states()).toStrictEqual({ a: 'IN_SERVICE' });
  });

  it.each<[readonly Ending[], number, number]>([
    [['ok', '503', '503'], 200 / 3, 0],
    [['503', '503', '503', '503', 'ok'], 200 / 3, 0],
    [['503', '503', '503', 'ok', 'ok', 'ok'], 0, 0],
    [['slow', 'slow', 'slow', 'ok'], 0, 200 / 3],
    [['slow', 'slow', 'slow', 'ok', 'ok', 'ok'], 0, 0],
    [['503', 'ok', 'slow', '503'], 100 / 3, 100 / 3],
    [['ok', 'ok', 'ok', 'ok', 'ok', 'aborted', '503'], 100 / 3, 0],
  ])('computes the rates of the latest calls of %j', async (endings, failureRate, slowCallRate) => {
    const scene = setUp({ slidingWindowSize: 3, minimumNumberOfCalls: 3 }, ['a']);

    await callsThatEnd(scene, ...endings);

    expect(endpointOf(scene, 'a').failureRate).toBeCloseTo(failureRate, 6);
    expect(endpointOf(scene, 'a').slowCallRate).toBeCloseTo(slowCallRate, 6);
  });

  it('counts a call as slow when it takes longer than the threshold, also when it ejects nothing', async () => {
    const scene = setUp({ outlierDetectionEnabled: false }, ['a']);
    for (const durationMs of [1_000, 1_001]) {
      const call = startCall(scene);
      scene.clock.advance(durationMs);
      await call.succeed();
    }

    expect(endpointOf(scene, 'a').slowCallRate).toBe(50);
    scene.pool.reconfigure({ ...scene.pool.config, outlierDetectionEnabled: true } as EndpointPoolOptions);
    await callsThatEnd(scene, 'slow');
    expect(scene.events('EJECTION_PREVENTED')).toMatchObject([{ reason: 'CONSECUTIVE_SLOW_CALLS' }]);
  });

  it.each([[[]], [[0]], [[1]], [[3]], [[0, 1]], [[1, 2]], [[2, 1]], [[2, 3]], [[3, 2]], [[1, 3]], [[0, 1, 2, 3]]])(
    'notices stuck calls in time when the calls %j have ended',
    async (ended) => {
      const scene = setUp({ consecutiveSlowCalls: 100 }, ['a']);
      const calls = Array.from({ length: 4 }, () => {
        const call = startCall(scene);
        scene.clock.advance(100);
        return call;
      });
      for (const at of ended) await calls[at]!.succeed();
      startCall(scene);

      scene.clock.advance(599);
      expect(endpointOf(scene, 'a').slowCallRate).toBe(0);
      scene.clock.advance(1);
      for (let at = 0; at <= 4; at++) {
        const slowCalls = Array.from({ length: at + 1 }, (_, each) => each).filter((each) => !ended.includes(each));
        const recorded = slowCalls.length + ended.length;
        expect(endpointOf(scene, 'a').slowCallRate).toBeCloseTo(recorded && (slowCalls.length / recorded) * 100, 6);
        scene.clock.advance(100);
      }
    },
  );

  it('notices a stuck call in time although a listener made a call when an earlier one became slow', () => {
    const scene = setUp({ consecutiveSlowCalls: 1 }, ['a']);
    scene.pool.on('EJECTION_PREVENTED', () => void startCall(scene));
    startCall(scene);
    scene.clock.advance(500);
    startCall(scene);
    scene.clock.advance(500);
    expect(endpointOf(scene, 'a').inFlightCalls).toBe(3);
    expect(scene.clock.pendingTimers).toBe(1);

    scene.clock.advance(500);

    // The latency falls until the second call is slow, too.
    expect(endpointOf(scene, 'a').latencyMs).toBe(1_000);
  });

  it('judges calls in flight by new options', () => {
    const scene = setUp({}, ['a']);
    const latencyWith = (slowCallDurationThreshold: number) => {
      scene.pool.reconfigure({ endpoints: ['http://a'], slowCallDurationThreshold });
      return endpointOf(scene, 'a').latencyMs;
    };
    startCall(scene);
    scene.clock.advance(900);

    expect(latencyWith(2_000)).toBe(0);
    scene.clock.advance(900);
    expect(endpointOf(scene, 'a').latencyMs).toBe(0);
    expect(latencyWith(1_500)).toBe(1_800);
  });

  it('leaves no timer after its disposal, also with calls in flight', () => {
    const scene = setUp();
    startCall(scene);

    scene.pool.dispose();
    startCall(scene);

    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('ignores a call that becomes slow after the ejection of its endpoint has ended', () => {
    const scene = setUp({ consecutiveSlowCalls: 1 }, ['a']);
    startCall(scene);
    scene.pool.eject('a');
    scene.pool.restore('a');

    scene.clock.advance(1_000);

    expect(endpointOf(scene, 'a')).toMatchObject({ latencyMs: 0, slowCallRate: 0 });
    expect(scene.events('EJECTION_PREVENTED')).toStrictEqual([]);
  });

  it('ejects an endpoint on which calls are stuck before they end', async () => {
    const scene = setUp({ consecutiveSlowCalls: 2, loadBalancing: 'ROUND_ROBIN' });
    const calls = Array.from({ length: 4 }, () => startCall(scene));
    for (const call of calls) if (call.endpoint === 'b') await call.succeed();

    scene.clock.advance(999);
    expect(scene.states()['a']).toBe('IN_SERVICE');
    scene.clock.advance(1);

    expect(scene.states()).toStrictEqual({ a: 'EJECTED', b: 'IN_SERVICE' });
    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'CONSECUTIVE_SLOW_CALLS' }]);
    expect(scene.pool.endpoints.find(({ name }) => name === 'a')?.inFlightCalls).toBe(2);
  });

  it('has one timer for all calls in flight, which ends with them', async () => {
    const scene = setUp();
    const calls = Array.from({ length: 50 }, () => startCall(scene));
    expect(scene.clock.pendingTimers).toBe(1);

    for (const call of calls) await call.succeed();
    scene.clock.advance(1_000);

    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('records a call that became slow in flight once', async () => {
    const scene = setUp({ slidingWindowSize: 10, minimumNumberOfCalls: 2, consecutiveSlowCalls: 9 }, ['a']);
    const slow = startCall(scene);
    scene.clock.advance(1_500);
    await slow.succeed();
    await callTimes(scene, 1);

    expect(scene.pool.endpoints).toMatchObject([{ slowCallRate: 50, failureRate: 0, numberOfSuccessfulCalls: 2 }]);
  });

  it('ejects an endpoint by its failure rate, but not when its peers are as bad', async () => {
    const options = { slidingWindowSize: 10, minimumNumberOfCalls: 10, consecutiveFailures: 100 };
    const one = setUp(options);
    const both = setUp(options);
    one.faults['a'] = unavailable;
    both.faults['a'] = unavailable;
    both.faults['b'] = unavailable;

    await callTimes(one, 40);
    await callTimes(both, 40);

    expect(one.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'FAILURE_RATE' }]);
    expect(both.events('ENDPOINT_EJECTED').length).toBeLessThan(2);
    expect(one.states()).toStrictEqual({ a: 'EJECTED', b: 'IN_SERVICE' });
  });

  it.each([
    { slidingWindowSize: 10, minimumNumberOfCalls: 4 },
    { slidingWindowSize: 4, minimumNumberOfCalls: 100 },
  ])('ejects by no rate before the fourth call with %j', async (options) => {
    const scene = setUp({ ...options, consecutiveFailures: 100, loadBalancing: 'ROUND_ROBIN' });
    scene.faults['a'] = everyNth(2);

    await callTimes(scene, 6);
    expect(scene.states()['a']).toBe('IN_SERVICE');
    await callTimes(scene, 1);

    // Two failures in four calls reach the threshold of 50 %.
    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'FAILURE_RATE' }]);
  });

  it('compares failure rates only with those of peers in service that are below the threshold', async () => {
    const options = {
      slidingWindowSize: 4,
      minimumNumberOfCalls: 4,
      consecutiveFailures: 100,
      maxEjectionPercent: 100,
      loadBalancing: 'ROUND_ROBIN',
    } as const;
    const scene = setUp(options, ['a', 'b', 'c']);
    scene.pool.eject('c');
    // Both have a rate of at least 50 %; b has it only just.
    scene.faults['a'] = unavailable;
    let calls = 0;
    scene.faults['b'] = () => (++calls % 2 === 1 ? unavailable() : Object.assign(new Error('404'), { status: 404 }));

    await callTimes(scene, 40);

    expect(scene.states()).toStrictEqual({ a: 'IN_SERVICE', b: 'IN_SERVICE', c: 'EJECTED' });
  });

  it('does not eject an endpoint by its rate of slow calls when its peers reach the threshold, too', async () => {
    const options = {
      slidingWindowSize: 2,
      minimumNumberOfCalls: 2,
      consecutiveSlowCalls: 100,
      slowCallRateThreshold: 50,
    };
    const scene = setUp({ ...options, loadBalancing: 'ROUND_ROBIN' });
    for (let round = 0; round < 4; round++) {
      const [a, b] = [startCall(scene), startCall(scene)];
      if (round % 2 === 1) await b.succeed();
      scene.clock.advance(1_001);
      await a.succeed();
      if (round % 2 === 0) await b.succeed();
    }

    expect(scene.pool.endpoints).toMatchObject([{ slowCallRate: 100 }, { slowCallRate: 50 }]);
    expect(scene.events('ENDPOINT_EJECTED')).toStrictEqual([]);
  });

  it('ejects an endpoint by its rate of slow calls', async () => {
    const options = {
      slidingWindowSize: 4,
      minimumNumberOfCalls: 4,
      consecutiveSlowCalls: 100,
      slowCallRateThreshold: 50,
    };
    const scene = setUp({ ...options, loadBalancing: 'ROUND_ROBIN' });
    for (let round = 0; round < 4; round++) {
      const [a, b] = [startCall(scene), startCall(scene)];
      await b.succeed();
      if (round > 1) scene.clock.advance(1_001);
      await a.succeed();
    }

    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'SLOW_CALL_RATE' }]);
  });

  it('ejects an endpoint whose success rate is far below that of its peers', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const options = { slidingWindowSize: 20, minimumNumberOfCalls: 20, consecutiveFailures: 5 };
    const scene = setUp({ ...options, loadBalancing: 'ROUND_ROBIN' }, names);
    let calls = 0;
    // A failure rate of a third is below the threshold of 50 %.
    scene.faults['a'] = () => (++calls % 3 === 0 ? unavailable() : Object.assign(new Error('404'), { status: 404 }));

    await callTimes(scene, 200);

    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'SUCCESS_RATE' }]);
  });

  it('compares no success rates of fewer endpoints than configured, and ignores few failures', async () => {
    const options = { slidingWindowSize: 20, minimumNumberOfCalls: 20, loadBalancing: 'ROUND_ROBIN' } as const;
    const few = setUp(options, ['a', 'b', 'c', 'd']);
    const rare = setUp({ ...options, consecutiveFailures: 9 }, ['a', 'b', 'c', 'd', 'e']);
    for (const scene of [few, rare]) {
      let calls = 0;
      scene.faults['a'] = () => (++calls % 3 === 0 ? unavailable() : Object.assign(new Error('404'), { status: 404 }));
      await callTimes(scene, 200);

      expect(scene.events('ENDPOINT_EJECTED')).toStrictEqual([]);
    }
  });

  describe('by success rates', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const options = {
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      consecutiveFailures: 3,
      loadBalancing: 'ROUND_ROBIN',
    } as const;

    it.each([
      // One bad endpoint of five is two standard deviations below the mean, however bad it is.
      [{ successRateStdevFactor: 1.9 }, 1],
      [{ successRateStdevFactor: 2.1 }, 0],
      [{ consecutiveFailures: 4 }, 0],
      [{ successRateMinimumHosts: 6 }, 0],
    ])('with %j makes %i ejections when three of ten calls failed', async (given, ejections) => {
      const scene = setUp({ ...options, ...given }, names);
      scene.faults['a'] = everyNth(3);

      await callTimes(scene, 50);
      expect(scene.events('ENDPOINT_EJECTED')).toHaveLength(0);
      await callTimes(scene, 1);

      expect(scene.events('ENDPOINT_EJECTED')).toHaveLength(ejections);
    });

    it.each([
      [1.99, 1],
      [2, 0],
    ])('with the factor %d makes %i ejections at exactly two standard deviations', async (factor, ejections) => {
      const scene = setUp({ ...options, successRateStdevFactor: factor, failureRateThreshold: 60 }, names);
      scene.faults['a'] = everyNth(2);

      await callTimes(scene, 51);

      expect(scene.events('ENDPOINT_EJECTED')).toHaveLength(ejections);
    });

    it('compares no endpoint that has too few calls', async () => {
      const scene = setUp(options, names.slice(0, 4));
      scene.faults['a'] = everyNth(3);
      await callTimes(scene, 60);
      scene.pool.reconfigure({ ...options, endpoints: names.map(urlOf), eventConsumerBufferSize: 100 });

      await callTimes(scene, 45);
      expect(scene.events('ENDPOINT_EJECTED')).toHaveLength(0);
      await callTimes(scene, 10);

      expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ endpoint: 'a', reason: 'SUCCESS_RATE' }]);
    });

    it('compares no ejected endpoint that gets calls in panic', async () => {
      const scene = setUp({ ...options, panicThreshold: 100 }, names);
      scene.pool.eject('e');
      scene.faults['a'] = everyNth(3);

      await callTimes(scene, 200);

      expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ reason: 'MANUAL' }]);
    });
  });

  it('knows the latency of a stuck call before it ends', () => {
    const scene = setUp();
    const { endpoint } = startCall(scene);

    scene.clock.advance(1_000);

    expect(scene.pool.endpoints.find(({ name }) => name === endpoint)?.latencyMs).toBe(1_000);
  });

  it('ejects nothing when it is disabled, and leaves no timer', async () => {
    const scene = setUp({ outlierDetectionEnabled: false, loadBalancing: 'ROUND_ROBIN' });
    scene.faults['a'] = unavailable;

    const used = await callTimes(scene, 40);

    expect(count(used, 'a')).toBe(20);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('ignores how calls end that started before the ejection', async () => {
    const times = { baseEjectionTime: '1s', maxEjectionTime: '1s' } as const;
    const scene = setUp({ consecutiveFailures: 1, loadBalancing: 'ROUND_ROBIN', ...times });
    const old = Array.from({ length: 4 }, () => startCall(scene)).filter(({ endpoint }) => endpoint === 'a');
    const onA = old[0]!;
    scene.faults['a'] = unavailable;
    await callTimes(scene, 9);
    expect(scene.states()['a']).toBe('EJECTED');
    scene.clock.advance(1_000);
    expect(scene.states()['a']).toBe('TRIAL');

    await onA.succeed();
    expect(scene.states()['a']).toBe('TRIAL');
    scene.pool.restore('a');
    scene.clock.advance(500);
    const latencyMs = scene.pool.endpoints[0]?.latencyMs;
    await old.find((call) => call !== onA)!.fail();

    expect(scene.pool.endpoints[0]).toMatchObject({ state: 'SLOW_START', latencyMs, failureRate: 0 });
  });
});

describe('The limit of ejections', () => {
  it.each([
    [1, 100, 0],
    [2, 0, 1],
    [2, 100, 1],
    [3, 50, 1],
    [4, 50, 2],
    [10, 25, 2],
    [10, 100, 9],
  ])('of %i endpoints with maxEjectionPercent %i permits %i', async (endpoints, maxEjectionPercent, permitted) => {
    const names = Array.from({ length: endpoints }, (_, at) => `e${at}`);
    const options = { loadBalancing: 'ROUND_ROBIN', panicThreshold: 0, consecutiveFailures: 1 } as const;
    const scene = setUp({ maxEjectionPercent, ...options }, names);
    for (const name of names) scene.faults[name] = unavailable;

    await callTimes(scene, 100);

    expect(Object.values(scene.states()).filter((state) => state === 'EJECTED')).toHaveLength(permitted);
    expect(scene.events('EJECTION_PREVENTED')).toHaveLength(endpoints - permitted);
  });

  it('is 0 without endpoints', () => {
    expect(maxOutOfService(0, 100)).toBe(0);
  });

  it('is emitted again after a call that gave no reason for an ejection', async () => {
    const scene = setUp({ consecutiveFailures: 1 }, ['a']);

    await callsThatEnd(scene, '503', '503', 'ok', '503');

    expect(scene.events('EJECTION_PREVENTED')).toMatchObject([
      { endpoint: 'a', reason: 'CONSECUTIVE_FAILURES' },
      { endpoint: 'a' },
    ]);
  });

  it('is emitted again after an ejection', async () => {
    const scene = setUp({ consecutiveFailures: 1, slowStartWindow: 0, loadBalancing: 'ROUND_ROBIN' });
    const failOnA = async () => {
      while ((await callTimes(scene, 1))[0] !== 'a');
    };
    scene.faults['a'] = unavailable;
    scene.pool.eject('b');
    await failOnA();
    expect(scene.events('EJECTION_PREVENTED')).toHaveLength(1);
    scene.pool.restore('b');
    await failOnA();
    expect(scene.states()['a']).toBe('EJECTED');

    scene.pool.restore('a');
    scene.pool.eject('b');
    await failOnA();

    expect(scene.events('EJECTION_PREVENTED')).toHaveLength(2);
  });

  it('is not reached again by failures of ejected endpoints in panic, which are no trial calls', async () => {
    const options = { panicThreshold: 60, consecutiveFailures: 1, slowCallDurationThreshold: '10m' } as const;
    const scene = setUp({ ...options, loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c']);
    scene.faults['a'] = unavailable;
    await callTimes(scene, 3);
    scene.pool.eject('b');
    const held = startCall(scene);
    expect(await callTimes(scene, 4)).toStrictEqual(['b', 'c', 'a', 'b']);
    expect([held.endpoint, endpointOf(scene, 'a').numberOfEjections]).toStrictEqual(['a', 1]);
    expect(scene.events('EJECTION_PREVENTED')).toStrictEqual([]);
    scene.pool.restore('b');
    scene.clock.advance(30_000);
    expect(scene.states()['a']).toBe('TRIAL');

    const trial = startCall(scene);
    await held.fail();

    expect([trial.endpoint, scene.states()['a']]).toStrictEqual(['a', 'TRIAL']);
    await trial.succeed();
    expect(scene.states()['a']).toBe('SLOW_START');
  });

  it('makes no trial calls first in panic', async () => {
    const options = { panicThreshold: 100, consecutiveFailures: 1, loadBalancing: 'ROUND_ROBIN' } as const;
    const scene = setUp({ ...options, permittedNumberOfTrialCalls: 100 });
    scene.faults['a'] = unavailable;
    await callTimes(scene, 1);
    scene.faults = {};
    scene.clock.advance(30_000);

    expect(await callTimes(scene, 4)).toStrictEqual(['b', 'a', 'b', 'a']);
    expect(scene.states()['a']).toBe('TRIAL');
  });

  it('does not apply to ejections by hand; when none is left, calls go to all endpoints', async () => {
    const scene = setUp({ panicThreshold: 0 });
    scene.pool.eject('a');
    scene.pool.eject('b');

    const used = await callTimes(scene, 10);

    expect(new Set(used)).toStrictEqual(new Set(['a', 'b']));
    expect(scene.pool.metrics).toMatchObject({ numberOfEndpoints: 2, endpointsInService: 0, isPanic: true });
    expect(scene.events('PANIC_STARTED')).toMatchObject([{ endpointsInService: 0, numberOfEndpoints: 2 }]);
  });

  it('lets calls go to all endpoints below the panic threshold, until enough are in service', async () => {
    const scene = setUp({ panicThreshold: 60 }, ['a', 'b', 'c']);
    scene.pool.eject('a');
    scene.pool.eject('b');
    expect(new Set(await callTimes(scene, 20))).toContain('a');

    scene.pool.restore('b');

    expect(new Set(await callTimes(scene, 20))).not.toContain('a');
    expect(scene.events('PANIC_ENDED')).toMatchObject([{ endpointsInService: 2, numberOfEndpoints: 3 }]);
  });
});

describe('The return of an ejected endpoint', () => {
  async function withEjected(options: EndpointPoolOptions = {}) {
    const scene = setUp({ consecutiveFailures: 1, ...options });
    scene.faults['a'] = unavailable;
    await callTimes(scene, 5);
    expect(scene.states()).toStrictEqual({ a: 'EJECTED', b: 'IN_SERVICE' });
    return scene;
  }

  it('begins with one trial call at a time', async () => {
    const scene = await withEjected();
    scene.clock.advance(29_999);
    expect(await callTimes(scene, 3)).toStrictEqual(['b', 'b', 'b']);
    scene.clock.advance(1);

    const used = Array.from({ length: 4 }, () => startCall(scene).endpoint);

    expect(used).toStrictEqual(['a', 'b', 'b', 'b']);
    expect(scene.states()['a']).toBe('TRIAL');
  });

  it.each<[string, (scene: Scene) => unknown]>([
    ['a call', (scene) => startCall(scene)],
    ['a reader of its metrics', ({ pool }) => pool.metrics],
    ['a reader of its endpoints', ({ pool }) => pool.endpoints],
  ])('is emitted when %s finds that the ejection has ended', async (_who, read) => {
    const scene = await withEjected();
    scene.clock.advance(30_000);

    read(scene);

    expect(scene.events('ENDPOINT_TRIAL')).toMatchObject([{ endpoint: 'a' }]);
  });

  it('comes for each endpoint at its own time', async () => {
    const options = { consecutiveFailures: 1, maxEjectionPercent: 100, panicThreshold: 0 } as const;
    const scene = setUp({ ...options, loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c', 'd']);
    scene.faults['a'] = unavailable;
    await callTimes(scene, 2);
    scene.faults['c'] = unavailable;
    scene.clock.advance(10_000);
    await callTimes(scene, 3);
    scene.pool.eject('d');

    scene.clock.advance(20_000);
    expect(scene.states()).toStrictEqual({ a: 'TRIAL', b: 'IN_SERVICE', c: 'EJECTED', d: 'EJECTED' });
    scene.pool.restore('d');
    scene.clock.advance(10_000);

    expect(scene.states()).toStrictEqual({ a: 'TRIAL', b: 'IN_SERVICE', c: 'TRIAL', d: 'IN_SERVICE' });
    expect(scene.events('ENDPOINT_TRIAL')).toMatchObject([{ endpoint: 'a' }, { endpoint: 'c' }]);
  });

  it('never makes a trial of a second attempt', async () => {
    const scene = await withEjected();
    scene.clock.advance(30_000);

    expect(startCall(scene, { usedEndpoints: usedBefore(new UsedEndpoints(true)) }).endpoint).toBe('b');
  });

  it.each([
    ['the first attempt of a call with retries', new UsedEndpoints(true)],
    ['a call of a method that made other calls', usedBefore(new UsedEndpoints(false))],
  ])('begins also with %s', async (_what, usedEndpoints) => {
    const scene = await withEjected();
    scene.clock.advance(30_000);

    expect(startCall(scene, { usedEndpoints }).endpoint).toBe('a');
  });

  it('is put off by a failed trial, each time for longer, up to the maximum', async () => {
    const scene = await withEjected({ maxEjectionTime: '80s' });
    for (const waitMs of [30_000, 60_000, 80_000, 80_000]) {
      scene.clock.advance(waitMs - 1);
      expect(scene.states()['a']).toBe('EJECTED');
      scene.clock.advance(1);
      expect(await callTimes(scene, 2)).toStrictEqual(['a', 'b']);
    }

    const times = scene.events('ENDPOINT_EJECTED').map((event) => 'ejectionTimeMs' in event && event.ejectionTimeMs);
    expect(times).toStrictEqual([30_000, 60_000, 80_000, 80_000, 80_000]);
  });

  it('is put off by a trial call that is stuck', async () => {
    const scene = await withEjected();
    scene.clock.advance(30_000);
    expect(startCall(scene).endpoint).toBe('a');

    scene.clock.advance(1_000);

    expect(scene.states()['a']).toBe('EJECTED');
    expect(scene.events('ENDPOINT_EJECTED').at(-1)).toMatchObject({ reason: 'TRIAL_FAILED' });
  });

  it('continues with a slow start, from a tenth of its share to all of it', async () => {
    const scene = await withEjected({ loadBalancing: 'ROUND_ROBIN' });
    scene.faults = {};
    scene.clock.advance(30_000);
    await callTimes(scene, 1);
    expect(scene.states()['a']).toBe('SLOW_START');
    expect(scene.events('ENDPOINT_RESTORED')).toMatchObject([{ endpoint: 'a' }]);

    const shares: number[] = [];
    for (let second = 0; second < 3; second++) {
      shares.push(count(await callTimes(scene, 300), 'a'));
      scene.clock.advance(5_000);
    }

    // The random numbers are 0, 0 and 0.99: two of three calls pass a weight below 0.99.
    expect(shares).toStrictEqual([100, 100, 150]);
    expect(scene.states()['a']).toBe('IN_SERVICE');
  });

  it.each<[number, number, readonly string[]]>([
    [0, 0.09, ['a', 'b', 'c', 'a']],
    [0, 0.1, ['a', 'c', 'c', 'a']],
    [5_000, 0.49, ['a', 'b', 'c', 'a']],
    [5_000, 0.5, ['a', 'c', 'c', 'a']],
    [10_000, 0.999, ['a', 'b', 'c', 'a']],
  ])('is after %i ms of slow start with a random number of %d used as %j', async (elapsedMs, random, expected) => {
    const scene = setUp({ loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c'], () => random);
    scene.pool.eject('b');
    scene.pool.restore('b');
    scene.clock.advance(elapsedMs);

    expect(await callTimes(scene, 4)).toStrictEqual(expected);
  });

  it('starts with the mean latency of the endpoints in service', async () => {
    const scene = setUp({ decayTime: '1000h', loadBalancing: 'ROUND_ROBIN' }, ['a', 'b', 'c', 'd']);
    const calls = Array.from({ length: 4 }, () => startCall(scene));
    for (const call of calls) {
      scene.clock.advance(10);
      await call.succeed();
    }
    scene.pool.eject('a');
    scene.pool.eject('d');

    scene.pool.restore('a');

    // Of 20 and 30 ms.
    expect(endpointOf(scene, 'a').latencyMs).toBeCloseTo(25, 3);
  });

  it('starts without a latency when no endpoint is in service', async () => {
    const scene = setUp({}, ['a']);
    const call = startCall(scene);
    scene.clock.advance(500);
    await call.succeed();
    scene.pool.eject('a');

    scene.pool.restore('a');

    expect(endpointOf(scene, 'a').latencyMs).toBe(0);
  });

  it('is no return of an endpoint in service', () => {
    const scene = setUp();

    scene.pool.restore('a');

    expect(scene.states()['a']).toBe('IN_SERVICE');
    expect(scene.events('ENDPOINT_RESTORED')).toStrictEqual([]);
  });

  it.each([
    [1_000, 'SLOW_START'],
    [1_001, 'EJECTED'],
  ])('after a trial call of %i ms, of which 1000 ms are permitted, leads to %s', async (durationMs, state) => {
    const scene = await withEjected();
    // Calls in flight are then not judged.
    scene.pool.reconfigure({ ...scene.pool.config, outlierDetectionEnabled: false } as EndpointPoolOptions);
    scene.clock.advance(30_000);
    const trial = startCall(scene);
    scene.clock.advance(durationMs);
    await trial.succeed();

    expect(scene.states()['a']).toBe(state);
  });

  it('needs as many successful trial calls as configured', async () => {
    const scene = await withEjected({ permittedNumberOfTrialCalls: 3, slowStartWindow: 0 });
    scene.faults = {};
    scene.clock.advance(30_000);

    await callTimes(scene, 2);
    expect(scene.states()['a']).toBe('TRIAL');
    await callTimes(scene, 1);

    expect(scene.states()['a']).toBe('IN_SERVICE');
  });

  it('lets the ejection time fall with the time in service', async () => {
    const scene = await withEjected({ slowStartWindow: 0 });
    scene.clock.advance(30_000);
    await callTimes(scene, 1);
    scene.clock.advance(60_000);
    scene.faults = {};
    await callTimes(scene, 1);
    expect(scene.states()['a']).toBe('IN_SERVICE');

    scene.clock.advance(60_000);
    scene.faults['a'] = unavailable;
    await callTimes(scene, 9);

    expect(scene.events('ENDPOINT_EJECTED').at(-1)).toMatchObject({ ejectionTimeMs: 30_000, numberOfEjections: 3 });
  });

  it.each([
    [0, 80_000],
    [30_000, 80_000],
    [60_000, 60_000],
    [90_000, 30_000],
    [900_000, 30_000],
  ])('is, after the longest ejections and %i ms in service, put off for %i ms', async (inServiceMs, ejectionTimeMs) => {
    const scene = await withEjected({ slowStartWindow: 0, maxEjectionTime: '80s' });
    for (const waitMs of [30_000, 60_000, 80_000, 80_000]) {
      scene.clock.advance(waitMs);
      await callTimes(scene, 1);
    }
    scene.clock.advance(80_000);
    scene.faults = {};
    await callTimes(scene, 1);
    scene.clock.advance(inServiceMs);

    scene.faults['a'] = unavailable;
    await callTimes(scene, 9);

    expect(scene.events('ENDPOINT_EJECTED').at(-1)).toMatchObject({ ejectionTimeMs, numberOfEjections: 6 });
  });

  it('by hand ends an ejection at once; one by hand ends only so', async () => {
    const scene = setUp({ slowStartWindow: 0 });
    scene.pool.eject('a');
    scene.clock.advance(86_400_000);
    expect(scene.states()['a']).toBe('EJECTED');
    expect(scene.events('ENDPOINT_EJECTED')).toMatchObject([{ reason: 'MANUAL', ejectionTimeMs: undefined }]);

    scene.pool.restore('a');

    expect(scene.states()['a']).toBe('IN_SERVICE');
    expect(() => scene.pool.eject('c')).toThrow("EndpointPool 'customer' has no endpoint 'c'. Its endpoints: a, b.");
  });
});

describe('The health probe of an ejected endpoint', () => {
  /** A pool whose endpoint `a` has been ejected, with a probe that the test determines. */
  async function withProbe(probe: () => unknown, options: EndpointPoolOptions = {}) {
    const state = { probe, probes: [] as string[] };
    const scene = setUp({
      consecutiveFailures: 1,
      healthProbe: ({ name }) => {
        state.probes.push(name);
        return state.probe();
      },
      ...options,
    });
    scene.faults['a'] = unavailable;
    await callTimes(scene, 5);
    expect(scene.states()['a']).toBe('EJECTED');
    return { ...scene, state };
  }

  it('is called at the interval, for ejected endpoints only', async () => {
    const { clock, state } = await withProbe(() => true);

    await clock.advanceAsync(12_000);

    expect(state.probes).toStrictEqual(['a', 'a']);
  });

  it.each<[string, () => unknown]>([
    ['returns false', () => false],
    ['rejects', () => Promise.reject(new Error('503'))],
    ['hangs', () => new Promise(() => {})],
  ])('prolongs the ejection while it %s, and ends it at once when it succeeds', async (_what, probe) => {
    const { clock, states, state } = await withProbe(probe);
    await clock.advanceAsync(120_000);
    expect(states()['a']).toBe('EJECTED');

    state.probe = () => true;
    await clock.advanceAsync(6_000);

    expect(states()['a']).toBe('TRIAL');
  });

  it('ends the ejection early when it succeeds after it has failed', async () => {
    const { clock, events, states, state } = await withProbe(() => false);
    await clock.advanceAsync(5_000);
    state.probe = () => true;

    await clock.advanceAsync(5_000);

    expect(events('ENDPOINT_TRIAL')).toHaveLength(1);
    expect(states()['a']).toBe('TRIAL');
  });

  it('does not end the ejection early when it has never failed: it does not see what calls do', async () => {
    const { clock, states } = await withProbe(() => true);

    await clock.advanceAsync(29_999);
    expect(states()['a']).toBe('EJECTED');
    await clock.advanceAsync(1);

    expect(states()['a']).toBe('TRIAL');
  });

  it('stops with the ejection, with the endpoint and with the pool', async () => {
    const restored = await withProbe(() => false);
    restored.pool.restore('a');
    const removed = await withProbe(() => false);
    removed.pool.reconfigure({ ...removed.pool.config, endpoints: ['http://b'] } as EndpointPoolOptions);
    const disposed = await withProbe(() => false);
    disposed.pool.dispose();

    for (const { clock, state } of [restored, removed, disposed]) {
      await clock.advanceAsync(60_000);
      expect(state.probes).toStrictEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('follows new options during an ejection', async () => {
    const { clock, pool, states } = await withProbe(() => false);
    await clock.advanceAsync(40_000);

    pool.reconfigure({ endpoints: ['http://a', 'http://b'] });
    await clock.advanceAsync(0);

    expect(states()['a']).toBe('TRIAL');
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps its times and its results under options that do not concern it', async () => {
    const { clock, pool, states, state } = await withProbe(() => false);
    await clock.advanceAsync(9_000);
    pool.reconfigure({ ...pool.config, consecutiveFailures: 7 } as EndpointPoolOptions);

    state.probe = () => true;
    await clock.advanceAsync(1_000);

    expect(states()['a']).toBe('TRIAL');
  });

  it.each<EndpointPoolOptions>([
    { healthProbe: () => true },
    { healthProbe: undefined as never, healthProbePath: '/health' },
    { healthProbeInterval: 4_000 },
    { healthProbeTimeout: 500 },
  ])('starts again with the new options %j, for ejected endpoints only', async (options) => {
    const { clock, pool, states } = await withProbe(() => true);
    await clock.advanceAsync(26_000);
    pool.reconfigure({ ...pool.config, ...options } as EndpointPoolOptions);
    expect(clock.pendingTimers).toBe(1);

    // Before the first probe, the endpoint is not known to be healthy.
    clock.advance(3_999);

    expect(clock.pendingTimers).toBe(1);
    expect(states()).toStrictEqual({ a: 'EJECTED', b: 'IN_SERVICE' });
  });

  it('lets no ejection end before the first probe', async () => {
    const { clock, states } = await withProbe(() => true, { baseEjectionTime: 1_000 });

    await clock.advanceAsync(4_999);
    expect(states()['a']).toBe('EJECTED');
    await clock.advanceAsync(1);

    expect(states()['a']).toBe('TRIAL');
    expect(clock.pendingTimers).toBe(0);
  });

  it('shows an ejection that it prolongs as one without remaining time', async () => {
    const scene = await withProbe(() => false);

    await scene.clock.advanceAsync(60_000);

    expect(endpointOf(scene, 'a')).toMatchObject({ state: 'EJECTED', remainingEjectionMs: 0 });
  });

  it('is not called for an endpoint that was ejected by hand', async () => {
    const { clock, pool, state } = await withProbe(() => true);
    pool.eject('a');

    await clock.advanceAsync(60_000);

    expect(state.probes).toStrictEqual([]);
  });

  it('emits its results', async () => {
    const failure = new Error('503');
    const { clock, events, state } = await withProbe(() => Promise.reject(failure));
    await clock.advanceAsync(5_000);
    state.probe = () => true;
    await clock.advanceAsync(5_000);

    expect(events('HEALTH_PROBE')).toMatchObject([
      { endpoint: 'a', isHealthy: false, error: failure },
      { endpoint: 'a', isHealthy: true, error: undefined },
    ]);
  });

  it('requests a path of the endpoint', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch');
    const ready = new Response('ready');
    fetch.mockResolvedValueOnce(new Response(null, { status: 503 })).mockResolvedValueOnce(ready);
    const { clock, events } = await withProbe(() => true, {
      healthProbe: undefined as never,
      healthProbePath: '/health/ready',
    });

    await clock.advanceAsync(10_000);

    expect(fetch.mock.calls).toStrictEqual([
      ['http://a/health/ready', { signal: expect.any(AbortSignal) as AbortSignal }],
      ['http://a/health/ready', { signal: expect.any(AbortSignal) as AbortSignal }],
    ]);
    // Its body has been cancelled, which releases the connection.
    await expect(ready.text()).rejects.toThrow('unusable');
    expect(events('HEALTH_PROBE')).toMatchObject([
      { isHealthy: false, error: { message: 'GET /health/ready responded with 503.' } },
      { isHealthy: true },
    ]);
    fetch.mockRestore();
  });
});
