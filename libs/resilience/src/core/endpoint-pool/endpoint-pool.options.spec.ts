import { describe, expect, it } from 'vitest';
import { mergeOptions } from '../options.ts';
import { type EndpointPoolOptions, endpointPoolOptions } from './endpoint-pool.options.ts';

const resolve = (given: object) => endpointPoolOptions.resolve("EndpointPool 'customer'", given);
const resolver = { resolve: () => [] };
const healthProbe = () => true;

describe('The options of an endpoint pool', () => {
  it('have the documented defaults', () => {
    expect(resolve({})).toStrictEqual({
      endpoints: [],
      dnsUrl: undefined,
      dnsRecordType: 'ADDRESS',
      resolver: undefined,
      resolveInterval: 5_000,
      loadBalancing: 'PEAK_EWMA',
      decayTime: 10_000,
      outlierDetectionEnabled: true,
      consecutiveFailures: 5,
      consecutiveConnectionErrors: 5,
      consecutiveSlowCalls: 2,
      slowCallDurationThreshold: 60_000,
      failureRateThreshold: 50,
      slowCallRateThreshold: 100,
      slidingWindowSize: 100,
      minimumNumberOfCalls: 100,
      successRateStdevFactor: 1.9,
      successRateMinimumHosts: 5,
      baseEjectionTime: 30_000,
      maxEjectionTime: 300_000,
      maxEjectionPercent: 50,
      panicThreshold: 50,
      permittedNumberOfTrialCalls: 1,
      healthProbe: undefined,
      healthProbePath: undefined,
      healthProbeInterval: 5_000,
      healthProbeTimeout: 1_000,
      slowStartWindow: 10_000,
      eventConsumerBufferSize: 0,
    });
  });

  it.each<[keyof EndpointPoolOptions, unknown, string]>([
    ['dnsRecordType', 'MX', 'one of ADDRESS, SRV'],
    ['resolveInterval', 0, 'a duration of at least 1 ms'],
    ['loadBalancing', 'RANDOM', 'one of PEAK_EWMA, ROUND_ROBIN'],
    ['decayTime', 0, 'a duration above 0 ms'],
    ['consecutiveFailures', 0, 'a whole number of at least 1'],
    ['consecutiveConnectionErrors', 0, 'a whole number of at least 1'],
    ['consecutiveSlowCalls', 0, 'a whole number of at least 1'],
    ['slowCallDurationThreshold', 0, 'a duration above 0 ms'],
    ['failureRateThreshold', 0, 'a percentage above 0 and at most 100'],
    ['slowCallRateThreshold', 101, 'a percentage above 0 and at most 100'],
    ['slidingWindowSize', 0, 'a whole number from 1 to 10000000'],
    ['minimumNumberOfCalls', 0, 'a whole number of at least 1'],
    ['successRateStdevFactor', 0, 'a number above 0'],
    ['successRateMinimumHosts', 1, 'a whole number of at least 2'],
    ['baseEjectionTime', 0, 'a duration of at least 1 ms'],
    ['maxEjectionTime', 0, 'a duration of at least 1 ms'],
    ['maxEjectionPercent', -1, 'a number from 0 to 100'],
    ['maxEjectionPercent', 101, 'a number from 0 to 100'],
    ['panicThreshold', -1, 'a number from 0 to 100'],
    ['panicThreshold', 101, 'a number from 0 to 100'],
    ['permittedNumberOfTrialCalls', 0, 'a whole number of at least 1'],
    ['healthProbe', 'ready', 'a function from an endpoint and a context to a value'],
    ['healthProbeInterval', 0, 'a duration of at least 1 ms'],
    ['healthProbeTimeout', 0, 'a duration of at least 1 ms'],
    ['slowStartWindow', -1, 'a duration of at least 0 ms'],
    ['eventConsumerBufferSize', -1, 'a whole number from 0 to 10000000'],
  ])('refuse %s %j', (option, value, allowed) => {
    expect(() => resolve({ [option]: value })).toThrow(`${option} is `);
    expect(() => resolve({ [option]: value })).toThrow(`allowed: ${allowed}`);
  });

  it.each([
    ['resolveInterval', 1],
    ['successRateMinimumHosts', 2],
    ['maxEjectionPercent', 0],
    ['maxEjectionPercent', 100],
    ['panicThreshold', 0],
    ['panicThreshold', 100],
    ['slowStartWindow', 0],
    ['dnsRecordType', 'SRV'],
    ['loadBalancing', 'ROUND_ROBIN'],
    ['healthProbePath', '/'],
    ['healthProbePath', '/health/ready?details=1'],
  ])('accept %s %j', (option, value) => {
    expect(resolve({ [option]: value })).toMatchObject({ [option]: value });
  });

  it.each<[string, unknown]>([
    ['no list', 'http://a'],
    ['a list with one that is no URL', ['http://a', '10.0.0.7']],
    ['an object', [new URL('http://a')]],
    ['a URL without a host', ['file:///a']],
    ['a URL with a query', ['http://a?x=1']],
    ['a URL with a fragment', ['http://a#x']],
  ])('refuse endpoints that are %s', (_what, endpoints) => {
    expect(() => resolve({ endpoints })).toThrow(
      'allowed: a list of URLs, each with a protocol and a different host, port or path',
    );
  });

  it('take URLs without the slash at their end', () => {
    expect(resolve({ endpoints: ['http://a/', 'http://a/b/c/'] }).endpoints).toStrictEqual([
      'http://a',
      'http://a/b/c',
    ]);
    expect(resolve({ dnsUrl: 'http://a:3000/' }).dnsUrl).toBe('http://a:3000');
  });

  it.each(['health', 'x/health', '/health ready', '/health#ready', '/health\n', 7, ['/health']])(
    'refuse the healthProbePath %j',
    (healthProbePath) => {
      expect(() => resolve({ healthProbePath })).toThrow('allowed: a path that starts with /');
    },
  );

  it.each<unknown>([null, 'x', {}, { resolve: 7 }, Promise])('refuse the resolver %j', (given) => {
    expect(() => resolve({ resolver: given })).toThrow('allowed: an object with a method resolve');
  });

  it('refuse a dnsUrl without a protocol', () => {
    expect(() => resolve({ dnsUrl: 'customer' })).toThrow(
      "dnsUrl is 'customer'; allowed: a URL with protocol and host",
    );
  });

  it('accept an ejection that is never prolonged', () => {
    expect(resolve({ baseEjectionTime: '5m', maxEjectionTime: '5m' })).toMatchObject({ maxEjectionTime: 300_000 });
  });

  const exclusive: readonly (readonly [EndpointPoolOptions, EndpointPoolOptions])[] = [
    [{ endpoints: ['http://a'] }, { dnsUrl: 'http://b' }],
    [{ endpoints: ['http://a'] }, { resolver }],
    [{ dnsUrl: 'http://b' }, { resolver }],
    [{ healthProbe }, { healthProbePath: '/health' }],
  ];

  it.each(exclusive)('refuse %j together with %j', (one, other) => {
    const [[first], [second]] = [Object.keys(one), Object.keys(other)];

    expect(() => resolve({ ...one, ...other })).toThrow(
      `${second} is set together with ${first}; allowed: only one of the two`,
    );
  });

  it.each(exclusive)('replace those of a base config: %j and %j', (one, other) => {
    expect(mergeOptions(endpointPoolOptions.rules, one, other)).toStrictEqual(other);
    expect(mergeOptions(endpointPoolOptions.rules, other, one)).toStrictEqual(one);
  });

  it.each<EndpointPoolOptions>([{ dnsUrl: 'http://b' }, { resolver }])('have no list of endpoints with %j', (given) => {
    expect(resolve(given).endpoints).toBeUndefined();
  });

  it('name the form in which configuration files write them', () => {
    expect(endpointPoolOptions.rules).toMatchObject({
      endpoints: { kind: 'texts' },
      dnsUrl: { kind: 'text' },
      resolver: { kind: 'function' },
      healthProbe: { kind: 'function' },
      healthProbePath: { kind: 'text' },
    });
  });
});
