import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemFailure } from '@breakwater/system-runner';
import { StandInServers } from '@breakwater/system-runner/testing';
import type { Call } from './lookups.ts';
import { lookUp } from './lookups-client.ts';

const servers = new StandInServers();

afterEach(() => servers.stop());

const never = new AbortController().signal;
const start = { type: 'start', instance: 'account-1', breaker: 'count-slow', config: { slidingWindowSize: 10 } };
const call: Call = {
  n: 1,
  outcome: 'slow',
  durationMs: 2_013,
  state: 'CLOSED',
  failureRate: -1,
  slowCallRate: -1,
  transitions: [],
};
const callMessage = { type: 'call', ...call };

/** Sends messages as an account service does. */
const sending =
  (...messages: unknown[]): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/x-ndjson');
    for (const message of messages) response.write(`${JSON.stringify(message)}\n`);
    response.end();
  };

const request = { breaker: 'count-slow', times: 1, signal: never };

describe('lookups', () => {
  it('are asked for by their number and the name of the breaker', async () => {
    const asked = Promise.withResolvers<unknown>();
    const gatewayUrl = await servers.start(async (incoming, response) => {
      const body = Buffer.concat(await incoming.toArray()).toString();
      asked.resolve([incoming.method, incoming.url, incoming.headers['content-type'], JSON.parse(body)]);
      sending(start, callMessage, { type: 'end' })(incoming, response);
    });

    await lookUp({ ...request, gatewayUrl });

    expect(await asked.promise).toEqual([
      'POST',
      '/experiments/customer-lookups',
      'application/json',
      { times: 1, breaker: 'count-slow', reset: false },
    ]);
  });

  it('are told one by one, and all together at the end', async () => {
    const gatewayUrl = await servers.start(sending(start, callMessage, { ...callMessage, n: 2 }, { type: 'end' }));
    const told: number[] = [];

    const series = await lookUp({ ...request, gatewayUrl, onCall: ({ n }) => told.push(n) });

    expect(told).toEqual([1, 2]);
    expect(series).toEqual({
      instance: 'account-1',
      breaker: 'count-slow',
      config: { slidingWindowSize: 10 },
      calls: [call, { ...call, n: 2 }],
    });
  });

  it.each<[string, RequestListener, RegExp]>([
    ['are refused', (_, response) => response.writeHead(404).end('no such breaker'), /answered 404: no such breaker$/],
    ['end early', sending(start, callMessage), /broke off after 1$/],
    ['have no start', sending(callMessage, { type: 'end' }), /broke off after 1$/],
    ['are broken off', (_, response) => response.write('{"type"', () => response.destroy()), /could not be understood/],
    ['are of an unknown kind', sending(start, { ...callMessage, state: 'AJAR' }), /not a call: .*"AJAR"/],
  ])('that %s are a failure that says so', async (_situation, listener, message) => {
    const gatewayUrl = await servers.start(listener);

    const failure = await lookUp({ ...request, gatewayUrl }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({ message: expect.stringMatching(message) });
  });

  it('end when they are no longer wanted, for the reason given', async () => {
    const stop = new AbortController();
    const gatewayUrl = await servers.start((_request, response) => response.write(`${JSON.stringify(start)}\n`));
    const waiting = lookUp({ ...request, gatewayUrl, signal: stop.signal });

    stop.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});
