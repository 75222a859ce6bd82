import { AsyncLocalStorage } from 'node:async_hooks';
import dnsPromises from 'node:dns/promises';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { EndpointPoolOptions } from './endpoint-pool.options.ts';
import { EndpointPool } from './endpoint-pool.ts';
import type { EndpointDns, ResolvedEndpoint } from './endpoint-resolver.ts';

const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND customer'), { code: 'ENOTFOUND' });

/** A pool whose resolutions the test determines; `undefined` never settles. */
function setUp(resolve: () => unknown, options: EndpointPoolOptions = {}) {
  const clock = new FakeClock();
  const state = { resolve, resolutions: 0 };
  const resolver = {
    resolve: () => {
      state.resolutions++;
      return state.resolve() as readonly ResolvedEndpoint[];
    },
  };
  const pool = new EndpointPool('customer', { resolver, eventConsumerBufferSize: 100, ...options }, { clock });
  return { clock, pool, state, names: () => pool.endpoints.map(({ name }) => name) };
}

const found = (...names: readonly string[]) => names.map((name) => ({ url: `http://${name}` }));
const chosen = (pool: EndpointPool) => pool.execute(({ endpoint }) => endpoint?.name);

describe('An endpoint pool with a resolver', () => {
  it('resolves at once and at the interval, and emits added and removed endpoints', async () => {
    const { clock, pool, state, names } = setUp(() => found('a', 'b'));
    await clock.advanceAsync(0);
    expect(names()).toStrictEqual(['a', 'b']);

    state.resolve = () => found('b', 'c');
    await clock.advanceAsync(4_999);
    expect(names()).toStrictEqual(['a', 'b']);
    await clock.advanceAsync(1);

    expect(names()).toStrictEqual(['b', 'c']);
    expect(pool.bufferedEvents().map((event) => [event.type, 'endpoint' in event && event.endpoint])).toStrictEqual([
      ['ENDPOINT_ADDED', 'a'],
      ['ENDPOINT_ADDED', 'b'],
      ['ENDPOINT_ADDED', 'c'],
      ['ENDPOINT_REMOVED', 'a'],
    ]);
  });

  it('lets the first calls wait for the first resolution', async () => {
    const first = Promise.withResolvers<unknown>();
    const { pool } = setUp(() => first.promise);
    const call = chosen(pool);

    first.resolve(found('a'));

    await expect(call).resolves.toBe('a');
  });

  it('does not make a call that its caller aborts while it waits', async () => {
    const { pool } = setUp(() => new Promise(() => {}));
    const controller = new AbortController();
    const reason = new Error('the client disconnected');
    const call = pool.execute(() => 'made', { signal: controller.signal });

    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    expect(pool.usage.inFlightCalls).toBe(0);
  });

  it('leaves no listener on the signal of a caller that has waited', async () => {
    const { signal } = new AbortController();
    const { pool } = setUp(() => Promise.reject(notFound));

    await expect(pool.execute(() => 'made', { signal })).rejects.toMatchObject({ cause: notFound });

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('lets a waiting call wait for the new source, too', async () => {
    const [first, second] = [Promise.withResolvers<unknown>(), Promise.withResolvers<readonly ResolvedEndpoint[]>()];
    const { clock, pool } = setUp(() => first.promise);
    const call = chosen(pool);
    pool.reconfigure({ resolver: { resolve: () => second.promise } });

    first.resolve(found('old'));
    await clock.advanceAsync(0);
    second.resolve(found('new'));

    await expect(call).resolves.toBe('new');
  });

  it('refuses a call that waits when the pool is disposed', async () => {
    const first = Promise.withResolvers<unknown>();
    const { pool } = setUp(() => first.promise);
    const call = chosen(pool);

    pool.dispose();
    first.resolve(found('a'));

    await expect(call).rejects.toMatchObject({
      endpointPoolName: 'customer',
      message: "EndpointPool 'customer' has no endpoint, because none has been resolved: undefined",
    });
  });

  it('reports no failure of a resolver that has been replaced', async () => {
    const first = Promise.withResolvers<unknown>();
    const { clock, pool } = setUp(() => first.promise);
    pool.reconfigure({ resolver: { resolve: () => found('new') }, eventConsumerBufferSize: 100 });
    await clock.advanceAsync(0);

    first.reject(notFound);
    await clock.advanceAsync(0);

    expect(pool.metrics.isResolutionFailing).toBe(false);
    expect(pool.bufferedEvents().map(({ type }) => type)).toStrictEqual(['ENDPOINT_ADDED']);
  });

  it.each<[EndpointPoolOptions, number]>([
    [{ consecutiveFailures: 7 }, 1],
    [{ resolveInterval: 4_000 }, 2],
    [{ dnsRecordType: 'SRV' }, 2],
  ])('with the new options %j has resolved %i times', async (options, resolutions) => {
    const { clock, pool, state } = setUp(() => found('a'));
    await clock.advanceAsync(0);

    pool.reconfigure({ resolver: pool.config.resolver!, ...options });
    await clock.advanceAsync(0);

    expect(state.resolutions).toBe(resolutions);
    await clock.advanceAsync(options.resolveInterval === undefined ? 5_000 : 4_000);
    expect(state.resolutions).toBe(resolutions + 1);
  });

  it('refuses calls when the first resolution failed, with the reason, and retries at the interval', async () => {
    const { clock, pool, state } = setUp(() => Promise.reject(notFound));
    await expect(chosen(pool)).rejects.toMatchObject({
      code: 'NO_ENDPOINT_AVAILABLE',
      message: expect.stringContaining('getaddrinfo ENOTFOUND customer') as string,
      cause: notFound,
    });

    state.resolve = () => found('a');
    await clock.advanceAsync(5_000);

    await expect(chosen(pool)).resolves.toBe('a');
    expect(pool.metrics.isResolutionFailing).toBe(false);
  });

  it.each<[string, () => unknown, string]>([
    ['rejects', () => Promise.reject(notFound), 'getaddrinfo ENOTFOUND customer'],
    [
      'throws',
      () => {
        throw notFound;
      },
      'getaddrinfo ENOTFOUND customer',
    ],
    ['finds none', () => [], 'The resolver found no endpoint.'],
    ['returns no list', () => ({ url: 'http://c' }), 'A resolver must return a list of endpoints.'],
    ['returns no endpoints', () => ['http://c'], 'A resolver returned an endpoint without a valid url: undefined.'],
    ['returns nothing', () => [undefined], 'A resolver returned an endpoint without a valid url: undefined.'],
    ['returns URLs that are none', () => [{ url: 'c:3000x' }], 'an endpoint without a valid url: c:3000x.'],
    ['returns objects', () => [{ url: new URL('http://c') }], 'an endpoint without a valid url: http://c/.'],
    ['returns an endpoint twice', () => [...found('c'), ...found('c')], 'two endpoints with the url http://c.'],
    [
      'returns a name twice',
      () => [
        { url: 'http://c', name: 'x' },
        { url: 'http://d', name: 'x' },
      ],
      'two endpoints with the name x.',
    ],
  ])('keeps the last known endpoints while it %s, and reports it once', async (_what, fails, message) => {
    const { clock, pool, state, names } = setUp(() => found('a', 'b'));
    await clock.advanceAsync(0);

    state.resolve = fails;
    await clock.advanceAsync(15_000);

    expect(names()).toStrictEqual(['a', 'b']);
    expect(state.resolutions).toBe(4);
    expect(pool.bufferedEvents().filter(({ type }) => type === 'RESOLUTION_FAILED')).toMatchObject([
      { error: { message: expect.stringContaining(message) as string } },
    ]);
    expect(pool.metrics.isResolutionFailing).toBe(true);
  });

  it('does not start a resolution before the one before has ended', async () => {
    const { clock, state } = setUp(() => new Promise(() => {}));

    await clock.advanceAsync(60_000);

    expect(state.resolutions).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps its endpoints under a new source until that has resolved', async () => {
    const { clock, pool, names } = setUp(() => found('a', 'b'));
    await clock.advanceAsync(0);
    pool.eject('a');
    const second = Promise.withResolvers<readonly ResolvedEndpoint[]>();

    pool.reconfigure({ resolver: { resolve: () => second.promise } });
    await clock.advanceAsync(0);
    expect(names()).toStrictEqual(['a', 'b']);
    second.resolve(found('a', 'c'));
    await clock.advanceAsync(0);

    expect(pool.endpoints).toMatchObject([
      { name: 'a', state: 'EJECTED' },
      { name: 'c', state: 'IN_SERVICE' },
    ]);
  });

  it('ignores a resolution that ends after the options have changed, and lets waiting calls use the new source', async () => {
    const first = Promise.withResolvers<unknown>();
    const { clock, pool, state, names } = setUp(() => first.promise);
    const call = chosen(pool);
    pool.reconfigure({ resolver: { resolve: () => found('new') } });

    first.resolve(found('old'));
    await clock.advanceAsync(0);

    expect(names()).toStrictEqual(['new']);
    await expect(call).resolves.toBe('new');
    await clock.advanceAsync(60_000);
    expect(state.resolutions).toBe(1);
  });

  it('is in panic at once when a new threshold requires it', async () => {
    const { clock, pool } = setUp(() => found('a', 'b'));
    await clock.advanceAsync(0);
    pool.eject('a');
    expect(pool.metrics.isPanic).toBe(false);

    pool.reconfigure({ resolver: pool.config.resolver!, panicThreshold: 100 });

    expect(pool.metrics.isPanic).toBe(true);
  });

  it('leaves no timer after its disposal', async () => {
    const { clock, pool, state } = setUp(() => found('a'));
    await clock.advanceAsync(0);

    pool.dispose();
    await clock.advanceAsync(60_000);

    expect([clock.pendingTimers, state.resolutions]).toStrictEqual([0, 1]);
    await expect(chosen(pool)).resolves.toBe('a');
  });

  it('resolves outside the async context of the request that created it', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { clock } = request.run('request', () => setUp(() => seen.push(request.getStore())));

    await request.run('other', () => clock.advanceAsync(5_000));

    expect(seen).toStrictEqual([undefined, undefined]);
  });

  it('uses the names of the resolver', async () => {
    const { clock, names } = setUp(() => [{ url: 'http://10.0.0.7:3000/', name: 'customer-0' }]);
    await clock.advanceAsync(0);

    expect(names()).toStrictEqual(['customer-0']);
  });

  it.each([undefined, '', 7])('names an endpoint with the name %j by its URL', async (name) => {
    const { clock, names } = setUp(() => [{ url: 'http://10.0.0.7:3000/base/', name }]);
    await clock.advanceAsync(0);

    expect(names()).toStrictEqual(['10.0.0.7:3000/base']);
  });

  it.each([
    ['name', { url: 'http://a', name: 'other' }],
    ['URL', { url: 'http://b', name: 'one' }],
  ])('treats an endpoint with another %s as another one', async (_what, changed) => {
    const { clock, pool, state } = setUp(() => [{ url: 'http://a', name: 'one' }]);
    await clock.advanceAsync(0);
    pool.eject('one');

    state.resolve = () => [changed];
    await clock.advanceAsync(5_000);

    expect(pool.endpoints).toMatchObject([{ ...changed, state: 'IN_SERVICE' }]);
  });

  it('accepts one source of endpoints only, and names the fault', () => {
    const given = { endpoints: ['http://a'], dnsUrl: 'http://b' };

    expect(() => new EndpointPool('customer', given)).toThrow(
      'dnsUrl is set together with endpoints; allowed: only one of the two',
    );
    expect(() => new EndpointPool('customer', { resolver: {} as never, dnsUrl: 'customer' })).toThrow(
      'resolver is {}; allowed: an object with a method resolve',
    );
  });
});

describe('An endpoint pool with a DNS name', () => {
  /** @param records `undefined` for the DNS of Node.js */
  async function endpointsOf(options: EndpointPoolOptions, records: Partial<EndpointDns> | undefined) {
    const clock = new FakeClock();
    const dns: EndpointDns = {
      lookup: () => Promise.reject(notFound),
      resolveSrv: () => Promise.reject(notFound),
      ...records,
    };
    const pool = new EndpointPool('customer', options, { clock, ...(records && { dns }) });
    await clock.advanceAsync(0);
    pool.dispose();
    return pool.endpoints.map(({ url, name }) => ({ url, name }));
  }

  it('has an endpoint for each address, with protocol, port and path of the URL', async () => {
    const hosts: string[] = [];
    const endpoints = await endpointsOf(
      { dnsUrl: 'http://customer-endpoints:3000/api' },
      {
        lookup: async (host) => {
          hosts.push(host);
          return [
            { address: '10.0.0.7', family: 4 },
            { address: '10.0.0.8', family: 4 },
          ];
        },
      },
    );

    expect(hosts).toStrictEqual(['customer-endpoints']);
    expect(endpoints).toStrictEqual([
      { url: 'http://10.0.0.7:3000/api', name: '10.0.0.7:3000/api' },
      { url: 'http://10.0.0.8:3000/api', name: '10.0.0.8:3000/api' },
    ]);
  });

  it('has each server once when the host has addresses of both families', async () => {
    const endpoints = await endpointsOf(
      { dnsUrl: 'http://customer:3000' },
      {
        lookup: async () => [
          { address: 'fd00::7', family: 6 },
          { address: '10.0.0.7', family: 4 },
        ],
      },
    );

    expect(endpoints).toStrictEqual([{ url: 'http://[fd00::7]:3000', name: '[fd00::7]:3000' }]);
  });

  it('has an endpoint for each server of the highest priority of an SRV record, with its port', async () => {
    const endpoints = await endpointsOf(
      { dnsUrl: 'http://_http._tcp.customer.internal', dnsRecordType: 'SRV' },
      {
        resolveSrv: async () => [
          { name: 'customer-0.internal.', port: 3001, priority: 1 },
          { name: 'customer-1.internal', port: 3002, priority: 1 },
          { name: 'spare.internal', port: 3003, priority: 2 },
        ],
      },
    );

    expect(endpoints.map(({ url }) => url)).toStrictEqual([
      'http://customer-0.internal:3001',
      'http://customer-1.internal:3002',
    ]);
  });

  it('looks an IPv6 address up without its brackets', async () => {
    const lookup = vi.fn<EndpointDns['lookup']>(async () => [{ address: 'fd00::7', family: 6 }]);

    const endpoints = await endpointsOf({ dnsUrl: 'http://[fd00::7]:3000' }, { lookup });

    expect(lookup.mock.calls).toStrictEqual([['fd00::7', { all: true }]]);
    expect(endpoints).toMatchObject([{ url: 'http://[fd00::7]:3000' }]);
  });

  it.each<[EndpointPoolOptions, readonly string[]]>([
    [{ dnsUrl: 'http://ledger:3000' }, ['customer', 'ledger']],
    [{ dnsUrl: 'http://customer:3000', dnsRecordType: 'SRV' }, ['customer', 'SRV customer']],
    [{ dnsUrl: 'http://customer:3000', consecutiveFailures: 7 }, ['customer']],
  ])('with the new options %j has looked up %j', async (options, expected) => {
    const clock = new FakeClock();
    const hosts: string[] = [];
    const dns: EndpointDns = {
      lookup: async (host) => {
        hosts.push(host);
        return [{ address: '10.0.0.7', family: 4 }];
      },
      resolveSrv: async (host) => {
        hosts.push(`SRV ${host}`);
        return [{ name: 'customer-0', port: 3_001, priority: 1 }];
      },
    };
    const pool = new EndpointPool('customer', { dnsUrl: 'http://customer:3000' }, { clock, dns });
    await clock.advanceAsync(0);

    pool.reconfigure(options);
    await clock.advanceAsync(0);

    expect(hosts).toStrictEqual(expected);
    pool.dispose();
  });

  it('uses the DNS of Node.js by default, also when a program replaces its functions later', async () => {
    const lookup = vi.spyOn(dnsPromises, 'lookup').mockResolvedValue([{ address: '10.0.0.7', family: 4 }] as never);
    const resolveSrv = vi
      .spyOn(dnsPromises, 'resolveSrv')
      .mockResolvedValue([{ name: 'customer-0', port: 3_001, priority: 1, weight: 1 }]);

    const byAddress = await endpointsOf({ dnsUrl: 'http://customer:3000' }, undefined);
    const byService = await endpointsOf({ dnsUrl: 'http://customer', dnsRecordType: 'SRV' }, undefined);

    expect([...byAddress, ...byService].map(({ url }) => url)).toStrictEqual([
      'http://10.0.0.7:3000',
      'http://customer-0:3001',
    ]);
    expect(lookup.mock.calls).toStrictEqual([['customer', { all: true }]]);
    expect(resolveSrv.mock.calls).toStrictEqual([['customer']]);
    vi.restoreAllMocks();
  });

  it.each(['ADDRESS', 'SRV'] as const)('says that a browser has no DNS for %s', async (dnsRecordType) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    const pool = new EndpointPool('customer', { dnsUrl: 'http://customer', dnsRecordType }, { clock: new FakeClock() });

    await expect(chosen(pool)).rejects.toThrow('Endpoints can only be resolved by DNS in Node.js.');
    vi.restoreAllMocks();
  });
});
