import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { UsedEndpoints } from './call-endpoints.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { EndpointPoolOptions } from './endpoint-pool/endpoint-pool.options.ts';
import { EndpointPool } from './endpoint-pool/endpoint-pool.ts';
import { Hedge } from './hedge/hedge.ts';
import { definePipeline, type PipelineDefinition } from './pipeline.ts';
import type { CallContext } from './policy.ts';
import { Retry } from './retry/retry.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

const clockStart = 1_700_000_000_000;

class ServiceError extends Error {
  readonly status = 503;
}

/** How an endpoint handles a call. */
type Behaviour = (context: CallContext) => Promise<string>;

const works: Behaviour = ({ endpoint }) => Promise.resolve(endpoint!.name);
const fails: Behaviour = () => Promise.reject(new ServiceError('503'));
const hangs: Behaviour = ({ signal }) =>
  new Promise((_resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is passed on
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** A pipeline with a pool of two endpoints and a circuit breaker that opens at 50 % of 10 calls. */
function setUp(
  policiesOn: (clock: FakeClock) => PipelineDefinition = () => ({}),
  options: EndpointPoolOptions = {},
  behaviours: Record<string, Behaviour> = { a: works, b: works },
) {
  const clock = new FakeClock(clockStart);
  const endpoints = Object.keys(behaviours).map((name) => `http://${name}`);
  const endpointPool = new EndpointPool(
    'customer',
    { endpoints, loadBalancing: 'ROUND_ROBIN', slowCallDurationThreshold: '1s', ...options },
    { clock },
  );
  const circuitBreaker = new CircuitBreaker(
    'customer',
    {
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      slowCallDurationThreshold: '1s',
      slowCallRateThreshold: 80,
      slowCallsInFlightEnabled: true,
    },
    { clock },
  );
  const used: string[] = [];
  const customer = definePipeline('customer', { circuitBreaker, endpointPool, ...policiesOn(clock) });
  const call = () =>
    customer.execute((context) => {
      used.push(context.endpoint!.name);
      return behaviours[context.endpoint!.name]!(context);
    });
  return { clock, endpointPool, circuitBreaker, behaviours, used, call };
}

type Scene = ReturnType<typeof setUp>;

async function callTimes({ call }: Scene, times: number): Promise<void> {
  for (let number = 0; number < times; number++) await call().catch(() => {});
}

/** Starts calls at a and b in turn, one every 10 ms; those in flight become slow after a second. */
async function startCalls({ call, clock }: Scene, times: number): Promise<void> {
  for (let number = 0; number < times; number++) {
    void call().catch(() => {});
    await clock.advanceAsync(10);
  }
}

/** Both endpoints hang after they have worked; the first slow call ejects one of them. */
async function setUpHanging(): Promise<Scene> {
  const scene = setUp(undefined, { consecutiveSlowCalls: 1 });
  await callTimes(scene, 10);
  scene.behaviours['a'] = hangs;
  scene.behaviours['b'] = hangs;
  return scene;
}

describe('A retry around an endpoint pool', () => {
  it('repeats a call at another endpoint', async () => {
    const scene = setUp((clock) => ({ retry: new Retry('customer', { waitDuration: 0 }, { clock }) }), {});
    scene.behaviours['a'] = fails;

    await expect(scene.call()).resolves.toBe('b');

    expect(scene.used).toStrictEqual(['a', 'b']);
  });

  it('repeats a call at the only endpoint that is left', async () => {
    const scene = setUp((clock) => ({ retry: new Retry('customer', { waitDuration: 0 }, { clock }) }), {});
    scene.endpointPool.eject('a');
    scene.behaviours['b'] = fails;

    await scene.call().catch(() => {});

    expect(scene.used).toStrictEqual(['b', 'b', 'b']);
  });

  it('works without a pipeline and without a context', async () => {
    const { endpointPool, used } = setUp();
    const retry = new Retry('customer', { waitDuration: 0 });

    const failing = retry.execute((context) =>
      endpointPool.execute(({ endpoint }) => {
        used.push(endpoint!.name);
        throw new ServiceError('503');
      }, context),
    );

    await expect(failing).rejects.toThrow('503');
    expect(used).toStrictEqual(['a', 'b', 'a']);
  });
});

describe('Several calls in the same context', () => {
  it('are no attempts of one call, so each uses the best endpoint', async () => {
    const scene = setUp(() => ({}), { loadBalancing: 'PEAK_EWMA' });
    // As inside a method that another circuit breaker protects.
    const context = { usedEndpoints: new UsedEndpoints(false) };
    const { endpointPool, clock } = scene;
    const [slow, fast] = [1, 2].map(() => Promise.withResolvers<void>());
    const used: string[] = [];
    const start = (work: () => unknown) =>
      endpointPool.execute(({ endpoint }) => {
        used.push(endpoint!.name);
        return work();
      }, context);
    const first = [start(() => slow!.promise), start(() => fast!.promise)];
    clock.advance(10);
    fast!.resolve();
    await first[1];
    clock.advance(500);
    slow!.resolve();
    await first[0];

    for (let call = 0; call < 5; call++) await start(() => 'response');

    expect(new Set(used.slice(2))).toStrictEqual(new Set([used[1]]));
  });
});

describe('A hedge around an endpoint pool', () => {
  it('makes its second attempt at another endpoint', async () => {
    const scene = setUp((clock) => ({ hedge: new Hedge('customer', { delay: 50 }, { clock }) }));
    scene.behaviours['a'] = hangs;
    const result = scene.call();

    await scene.clock.advanceAsync(50);

    await expect(result).resolves.toBe('b');
    expect(scene.used).toStrictEqual(['a', 'b']);
  });
});

describe('A time limiter around an endpoint pool', () => {
  const withTimeLimiter = (clock: FakeClock) => ({
    timeLimiter: new TimeLimiter('customer', { timeoutDuration: '500ms' }, { clock }),
    retry: new Retry('customer', { maxAttempts: 2, waitDuration: 0 }, { clock }),
  });

  it('lets a timeout count as a failure of the endpoint, and a retry go to another one', async () => {
    const scene = setUp(withTimeLimiter, { consecutiveConnectionErrors: 1 });
    scene.behaviours['a'] = hangs;
    const result = scene.call();

    await scene.clock.advanceAsync(500);

    await expect(result).resolves.toBe('b');
    expect(scene.endpointPool.endpoints).toMatchObject([
      { state: 'EJECTED', ejectionReason: 'CONSECUTIVE_CONNECTION_ERRORS' },
      { state: 'IN_SERVICE' },
    ]);
  });

  it('keeps a call in flight at its endpoint until its work has ended', async () => {
    const work = Promise.withResolvers<string>();
    const scene = setUp(withTimeLimiter, {}, { a: () => work.promise });
    const result = scene.call().catch(() => {});
    await scene.clock.advanceAsync(500);
    await scene.clock.advanceAsync(500);
    await result;
    expect(scene.endpointPool.endpoints).toMatchObject([{ inFlightCalls: 2 }]);

    work.resolve('late');
    await scene.clock.advanceAsync(0);

    expect(scene.endpointPool.endpoints).toMatchObject([{ inFlightCalls: 0 }]);
  });
});

describe('A circuit breaker around an endpoint pool', () => {
  it('stays CLOSED when one of two endpoints fails, from its first call on', async () => {
    const scene = setUp();
    scene.behaviours['a'] = fails;

    await callTimes(scene, 100);

    expect(scene.circuitBreaker.state).toBe('CLOSED');
    expect(scene.used.filter((name) => name === 'a')).toHaveLength(5);
  });

  it('records no failure of an endpoint that has been ejected while the call was in flight', async () => {
    const ends: ((error: Error) => void)[] = [];
    const scene = setUp();
    scene.behaviours['a'] = () => new Promise((_resolve, reject) => void ends.push(reject));
    const calls = Array.from({ length: 40 }, () => scene.call().catch(() => {}));

    for (const end of ends) end(new ServiceError('503'));
    await Promise.all(calls);

    expect(scene.circuitBreaker.state).toBe('CLOSED');
    await callTimes(scene, 10);
    expect(scene.circuitBreaker.metrics).toMatchObject({ failedCalls: 0, bufferedCalls: 10 });
  });

  it('stays CLOSED when the calls of a hanging endpoint time out after its ejection', async () => {
    const scene = setUp((clock) => ({
      timeLimiter: new TimeLimiter('customer', { timeoutDuration: '3s' }, { clock }),
    }));
    scene.behaviours['a'] = hangs;
    const calls = Array.from({ length: 40 }, () => scene.call().catch(() => {}));

    await scene.clock.advanceAsync(3_000);
    await Promise.all(calls);

    expect(scene.circuitBreaker.state).toBe('CLOSED');
    expect(scene.circuitBreaker.metrics).toMatchObject({ failedCalls: 0, slowCalls: 0 });
  });

  it('stays CLOSED when the first stuck call of a rarely called endpoint ejects it', async () => {
    const scene = setUp(
      (clock) => ({ timeLimiter: new TimeLimiter('customer', { timeoutDuration: '3s' }, { clock }) }),
      { loadBalancing: 'PEAK_EWMA', consecutiveSlowCalls: 1 },
    );
    scene.behaviours['a'] = hangs;
    for (let call = 0; call < 50; call++) {
      void scene.call().catch(() => {});
      await scene.clock.advanceAsync(200);
    }

    expect(scene.endpointPool.endpoints).toMatchObject([
      { name: 'a', ejectionReason: 'CONSECUTIVE_SLOW_CALLS' },
      { name: 'b', state: 'IN_SERVICE' },
    ]);
    expect(scene.used.filter((name) => name === 'a')).toHaveLength(1);
    expect(scene.circuitBreaker.metrics).toMatchObject({ failedCalls: 0, slowCalls: 0 });
  });

  it('records no slow success of an endpoint that has been ejected', async () => {
    const scene = setUp();
    scene.behaviours['a'] = () => new Promise((resolve) => void scene.clock.schedule(2_000, () => resolve('slow')));
    const calls = Array.from({ length: 40 }, () => scene.call());

    await scene.clock.advanceAsync(2_000);
    await Promise.all(calls);

    expect(scene.circuitBreaker.metrics.slowCalls).toBe(0);
    expect(scene.circuitBreaker.metrics.bufferedCalls).toBe(10);
  });

  it.each([
    ['fail', fails],
    ['hang', hangs],
  ])('opens when all endpoints %s', async (_what, behaviour) => {
    const scene = setUp((clock) => ({
      timeLimiter: new TimeLimiter('customer', { timeoutDuration: '3s' }, { clock }),
    }));
    scene.behaviours['a'] = behaviour;
    scene.behaviours['b'] = behaviour;
    const calls = Array.from({ length: 40 }, () => scene.call().catch(() => {}));

    await scene.clock.advanceAsync(3_000);
    await Promise.all(calls);

    expect(scene.circuitBreaker.state).toBe('OPEN');
  });

  it('opens by the calls of both endpoints when both hang and only one could be ejected', async () => {
    const scene = await setUpHanging();
    await startCalls(scene, 10);

    await scene.clock.advanceAsync(1_000);

    expect(scene.endpointPool.endpoints).toMatchObject([{ state: 'EJECTED' }, { state: 'IN_SERVICE' }]);
    expect(scene.circuitBreaker.state).toBe('OPEN');
  });

  it('records the calls of an ejected endpoint no more once the other one works again', async () => {
    const scene = await setUpHanging();
    await startCalls(scene, 2);
    scene.behaviours['b'] = works;
    await startCalls(scene, 8);
    await scene.clock.advanceAsync(925);
    // The stuck call of b, and one of a after it.
    expect(scene.circuitBreaker.metrics.slowCalls).toBe(2);

    await callTimes(scene, 1);
    await scene.clock.advanceAsync(1_000);

    expect(scene.used.at(-1)).toBe('b');
    expect(scene.circuitBreaker.metrics.slowCalls).toBe(2);
  });

  it('records the failure of a second attempt at an endpoint in service, though the first endpoint is ejected', async () => {
    const scene = setUp((clock) => ({ retry: new Retry('customer', { maxAttempts: 2, waitDuration: 0 }, { clock }) }), {
      consecutiveFailures: 1,
    });
    scene.behaviours['a'] = fails;
    scene.behaviours['b'] = fails;

    await scene.call().catch(() => {});

    expect(scene.used).toStrictEqual(['a', 'b']);
    expect(scene.circuitBreaker.metrics).toMatchObject({ failedCalls: 1, bufferedCalls: 1 });
  });

  it('judges each of several calls in the same context by its own endpoint', async () => {
    const scene = setUp();
    // As inside a method that another circuit breaker protects.
    const context = { usedEndpoints: new UsedEndpoints(false) };
    const { circuitBreaker, endpointPool } = scene;
    const ends: ((error: Error) => void)[] = [];
    const run = () =>
      circuitBreaker.execute(
        (given) =>
          endpointPool.execute(
            ({ endpoint }) =>
              endpoint!.name === 'a' ? new Promise<never>((_resolve, reject) => void ends.push(reject)) : 'response',
            given,
          ),
        context,
      );
    const calls = Array.from({ length: 40 }, () => run().catch(() => {}));
    await Promise.all(calls.filter((_call, at) => at % 2 === 1));

    for (const end of ends) end(new ServiceError('503'));
    await Promise.all(calls);

    expect(circuitBreaker.metrics).toMatchObject({ failedCalls: 0, bufferedCalls: 10 });
  });

  it('records the failures of ejected endpoints that get calls in panic', async () => {
    const scene = setUp();
    scene.endpointPool.eject('a');
    scene.endpointPool.eject('b');
    scene.behaviours['a'] = fails;
    scene.behaviours['b'] = fails;

    await callTimes(scene, 10);

    expect(scene.circuitBreaker.state).toBe('OPEN');
  });
});
