import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
import { callContext, type CallContext, LazyAbortController } from '../policy.ts';
import { createRegistry } from '../policies.ts';
import { ResilienceError } from '../errors.ts';
import type { AnyEndpointPoolEvent } from './endpoint-pool.events.ts';
import type { EndpointPoolOptions } from './endpoint-pool.options.ts';
import { EndpointPool } from './endpoint-pool.ts';

class ServiceError extends Error {
  readonly status = 503;
}

class TimeoutExceeded extends ResilienceError {
  readonly code = 'TIMEOUT_EXCEEDED';
  readonly limitedBy = 'timeoutDuration';
}

const unavailable = () => new ServiceError('503');
const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

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

  it('refuses faulty options, and lists all faults', () => {
    const options = { endpoints: ['10.0.0.7'], consecutiveFailures: 0, maxEjectionPercent: 101, maxEjectionTime: '1s' };

    const create = () => new EndpointPool('customer', options);

    expect(create).toThrow("EndpointPool 'customer' has 4 invalid options");
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
    expect(scene.events('ENDPOINT_REMOVED')).toMatchObject([{ endpoint: 'b', url: 'http://b' }, { endpoint: 'c' }]);
    expect(scene.events('ENDPOINT_ADDED')).toMatchObject([
      { endpoint: 'a' },
      { endpoint: 'b' },
      { endpoint: 'c' },
      { endpoint: 'd', url: 'http://d' },
    ]);
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

  it('never makes a trial of a second attempt', async () => {
    const scene = await withEjected();
    scene.clock.advance(30_000);
    const context = { usedEndpoints: new UsedEndpoints(true) };
    context.usedEndpoints.add({ url: 'http://x', name: 'x', isOutOfService: false });

    expect(startCall(scene, context).endpoint).toBe('b');
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
    const { clock, states, state } = await withProbe(() => false);
    await clock.advanceAsync(5_000);
    state.probe = () => true;

    await clock.advanceAsync(5_000);

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
    removed.pool.reconfigure({ endpoints: ['http://b'] });
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
    fetch.mockResolvedValueOnce(new Response(null, { status: 503 })).mockResolvedValueOnce(new Response('ready'));
    const { clock, events } = await withProbe(() => true, {
      healthProbe: undefined as never,
      healthProbePath: '/health/ready',
    });

    await clock.advanceAsync(10_000);

    expect(fetch.mock.calls.map(([url]) => url)).toStrictEqual(['http://a/health/ready', 'http://a/health/ready']);
    expect(events('HEALTH_PROBE')).toMatchObject([
      { isHealthy: false, error: { message: 'GET /health/ready responded with 503.' } },
      { isHealthy: true },
    ]);
    fetch.mockRestore();
  });
});
