import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemFailure } from '@breakwater/system-runner';
import { StandInServers } from '@breakwater/system-runner/testing';
import {
  type Experiment,
  type ExperimentCall,
  experiments,
  type LookupOutcome,
  type LookupSeries,
} from '@breakwater/contracts/experiments';
import { experimentDeviations, requestLookups, summarize } from './lookup-series.ts';

const servers = new StandInServers();

afterEach(() => servers.stop());

const never = new AbortController().signal;
const start = { type: 'start', instance: 'account-1', breaker: 'count-slow', config: { slidingWindowSize: 10 } };
const sampleCall: ExperimentCall = {
  n: 1,
  outcome: 'slow',
  durationMs: 2_013,
  state: 'CLOSED',
  failureRate: -1,
  slowCallRate: -1,
  transitions: [],
};
const callMessage = { type: 'call', ...sampleCall };

/** Responds with events as an account service does. */
const sending =
  (...messages: unknown[]): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/x-ndjson');
    for (const message of messages) response.write(`${JSON.stringify(message)}\n`);
    response.end();
  };

const request = { breaker: 'count-slow', times: 1, signal: never };

function call(n: number, changes: Partial<ExperimentCall> = {}): ExperimentCall {
  return {
    n,
    outcome: 'slow',
    durationMs: 2_000,
    state: 'CLOSED',
    failureRate: -1,
    slowCallRate: -1,
    transitions: [],
    ...changes,
  };
}

function calls(from: number, to: number, changes: Partial<ExperimentCall> = {}): ExperimentCall[] {
  return Array.from({ length: to - from + 1 }, (_, index) => call(from + index, changes));
}

/** The calls of a series in which the breaker opens after the given call. */
function opening(after: number): ExperimentCall[] {
  return [
    ...calls(1, after - 1),
    call(after, { state: 'OPEN', failureRate: 0, slowCallRate: 100, transitions: ['CLOSED->OPEN'] }),
    ...calls(after + 1, 20, { outcome: 'not-permitted', state: 'OPEN', failureRate: 0, slowCallRate: 100 }),
  ];
}

const stayingClosed = [
  ...calls(1, 9, { outcome: 'answered' }),
  ...calls(10, 20, { outcome: 'answered', failureRate: 0, slowCallRate: 0 }),
];

function named(name: string): Experiment {
  const experiment = experiments.find((each) => each.name === name);
  if (experiment === undefined) throw new Error(`no experiment ${name}`);
  return experiment;
}

const series = (breaker: string, made: readonly ExperimentCall[]): LookupSeries => ({
  instance: 'account-1',
  breaker,
  config: {},
  calls: made,
});

const check = (name: string, made: readonly ExperimentCall[]): readonly string[] =>
  experimentDeviations(named(name), series(name, made));

describe('requestLookups', () => {
  it('sends the number of lookups and the name of the breaker', async () => {
    const received = Promise.withResolvers<unknown>();
    const gatewayUrl = await servers.start(async (incoming, response) => {
      const body = Buffer.concat(await incoming.toArray()).toString();
      received.resolve([incoming.method, incoming.url, incoming.headers['content-type'], JSON.parse(body)]);
      sending(start, callMessage, { type: 'end' })(incoming, response);
    });

    await requestLookups({ ...request, gatewayUrl });

    expect(await received.promise).toEqual([
      'POST',
      '/experiments/customer-lookups',
      'application/json',
      { times: 1, breaker: 'count-slow', reset: false },
    ]);
  });

  it('reports each call as it ends and returns all of them', async () => {
    const gatewayUrl = await servers.start(sending(start, callMessage, { ...callMessage, n: 2 }, { type: 'end' }));
    const reported: number[] = [];

    const series = await requestLookups({ ...request, gatewayUrl, onCall: ({ n }) => reported.push(n) });

    expect(reported).toEqual([1, 2]);
    expect(series).toEqual({
      instance: 'account-1',
      breaker: 'count-slow',
      config: { slidingWindowSize: 10 },
      calls: [sampleCall, { ...sampleCall, n: 2 }],
    });
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      'refuses the request',
      (_, response) => response.writeHead(404).end('no such breaker'),
      /answered 404: no such breaker$/,
    ],
    ['ends the stream early', sending(start, callMessage), /closed the stream after 1$/],
    ['sends no start event', sending(callMessage, { type: 'end' }), /closed the stream after 1$/],
    [
      'closes the connection',
      (_, response) => response.write('{"type"', () => response.destroy()),
      /could not be reached or sent an invalid response/,
    ],
    ['sends an unknown state', sending(start, { ...callMessage, state: 'AJAR' }), /not a call: .*"AJAR"/],
  ])('fails when the service %s', async (_situation, listener, message) => {
    const gatewayUrl = await servers.start(listener);

    const failure = await requestLookups({ ...request, gatewayUrl }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({ message: expect.stringMatching(message) });
  });

  it('rejects with the reason of the abort', async () => {
    const stop = new AbortController();
    const gatewayUrl = await servers.start((_request, response) => response.write(`${JSON.stringify(start)}\n`));
    const waiting = requestLookups({ ...request, gatewayUrl, signal: stop.signal });

    stop.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('summarize', () => {
  it('returns the call that opened the breaker, the refused calls and the final state', () => {
    expect(summarize(opening(10))).toEqual({ openedAfterCall: 10, notPermitted: 10, finalState: 'OPEN' });
  });

  it('returns null when the breaker never opened', () => {
    expect(summarize(stayingClosed)).toEqual({ openedAfterCall: null, notPermitted: 0, finalState: 'CLOSED' });
  });

  it('returns null for a series without calls', () => {
    expect(summarize([])).toEqual({ openedAfterCall: null, notPermitted: 0, finalState: null });
  });
});

describe('experimentDeviations', () => {
  it.each([
    ['count-slow', opening(10)],
    ['count-failures-only', stayingClosed],
    ['count-minimum-above-window', opening(10)],
    ['time-minimum-5', opening(5)],
    ['time-minimum-6', calls(1, 20)],
  ])('finds none when %s has the expected result', (name, made) => {
    expect(check(name, made)).toEqual([]);
  });

  it('covers each experiment', () => {
    expect(experiments.map(({ name }) => name)).toEqual([
      'count-slow',
      'count-failures-only',
      'count-minimum-above-window',
      'time-minimum-5',
      'time-minimum-6',
    ]);
  });

  it('reports each difference of a breaker that opened too late', () => {
    expect(check('count-slow', opening(11))).toEqual([
      'count-slow: the call after which it opened should be 10, was 11',
      'count-slow: the number of calls not permitted should be 10, was 9',
    ]);
  });

  it('reports a breaker that never opened', () => {
    expect(check('count-minimum-above-window', calls(1, 20))).toEqual([
      'count-minimum-above-window: the call after which it opened should be 10, was none',
      'count-minimum-above-window: the number of calls not permitted should be 10, was 0',
      'count-minimum-above-window: the final state should be OPEN, was CLOSED',
      'count-minimum-above-window: an evaluation of its rates should be made, was never made',
    ]);
  });

  it('reports a breaker that should not have opened', () => {
    expect(check('count-failures-only', opening(10))).toContain(
      'count-failures-only: the call after which it opened should be none, was 10',
    );
  });

  it.each<[LookupOutcome]>([['failed'], ['answered']])('reports a call that was %s instead of slow', (outcome) => {
    const made = opening(10).map((each) => (each.n === 3 ? { ...each, outcome } : each));

    expect(check('count-slow', made)).toEqual([`count-slow: call 3 should be slow, was ${outcome}`]);
  });

  it('reports rates that should not have been calculated', () => {
    expect(check('time-minimum-6', calls(1, 20, { slowCallRate: 100, failureRate: 0 }))).toEqual([
      'time-minimum-6: an evaluation of its rates should be never made, was made',
    ]);
  });

  it('reports a series with too few calls', () => {
    expect(check('time-minimum-6', calls(1, 19))).toEqual(['time-minimum-6: the number of calls should be 20, was 19']);
  });

  it('reports calls of another breaker', () => {
    expect(experimentDeviations(named('count-slow'), series('default', opening(10)))).toEqual([
      'count-slow: the breaker should be count-slow, was default',
    ]);
  });
});
