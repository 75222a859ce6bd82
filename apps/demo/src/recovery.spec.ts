import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemFailure } from '@breakwater/system-runner';
import { StandInServers } from '@breakwater/system-runner/testing';
import type { ExperimentCall } from '@breakwater/contracts/experiments';
import { recover, recoveryDeviations } from './recovery.ts';

const servers = new StandInServers();

afterEach(() => servers.stop());

const answered: ExperimentCall = {
  n: 1,
  outcome: 'answered',
  durationMs: 5,
  state: 'HALF_OPEN',
  failureRate: -1,
  slowCallRate: -1,
  transitions: [],
};

/** A gateway that alternates between two accounts; `account-1` responds with the given calls. */
function gateway(
  calls: readonly Partial<ExperimentCall>[],
  onFaults: RequestListener = (_request, response) => response.end('{}'),
): Promise<string> {
  let requests = 0;
  return servers.start((request, response) => {
    if (request.url === '/experiments/customer-faults') return onFaults(request, response);
    const turn = requests;
    requests += 1;
    const instance = turn % 2 === 0 ? 'account-2' : 'account-1';
    const call =
      instance === 'account-1' ? { ...answered, ...calls[(turn - 1) / 2] } : { ...answered, state: 'CLOSED' };
    for (const message of [
      { type: 'start', instance, breaker: 'count-slow', config: {} },
      { type: 'call', ...call },
      { type: 'end' },
    ]) {
      response.write(`${JSON.stringify(message)}\n`);
    }
    response.end();
  });
}

const common = {
  opened: {
    instance: 'account-1',
    breaker: 'count-slow',
    config: {},
    calls: [{ ...answered, n: 20, state: 'OPEN', outcome: 'not-permitted' } as const],
  },
  signal: new AbortController().signal,
};

describe('recover', () => {
  it('removes the latency through the gateway with the token', async () => {
    const orders: unknown[] = [];
    const gatewayUrl = await gateway([{ state: 'CLOSED' }], async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      orders.push([request.method, request.url, request.headers.authorization, body]);
      response.end('{}');
    });

    await recover({ ...common, target: { gatewayUrl, faultsToken: 'secret' } });

    expect(orders).toEqual([['PUT', '/experiments/customer-faults', 'Bearer secret', '{"latency":"0ms"}']]);
  });

  it('calls the breaker that was open until it is closed', async () => {
    const gatewayUrl = await gateway([
      { transitions: ['OPEN->HALF_OPEN'] },
      {},
      { state: 'CLOSED', transitions: ['HALF_OPEN->CLOSED'] },
    ]);

    const recovery = await recover({ ...common, target: { gatewayUrl, faultsToken: 'secret' } });

    expect(recovery).toMatchObject({
      breaker: 'count-slow',
      instance: 'account-1',
      healed: true,
      transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
      finalState: 'CLOSED',
      recovered: true,
    });
    expect(recovery.calls.map(({ n, state }) => [n, state])).toEqual([
      [1, 'HALF_OPEN'],
      [2, 'HALF_OPEN'],
      [3, 'CLOSED'],
    ]);
  });

  it('makes no call when the breaker never opened', async () => {
    const gatewayUrl = await gateway([]);
    const opened = { ...common.opened, calls: [{ ...answered, state: 'CLOSED' } as const] };

    expect(await recover({ ...common, opened, target: { gatewayUrl, faultsToken: 'secret' } })).toMatchObject({
      calls: [],
      finalState: 'CLOSED',
      recovered: false,
    });
  });

  it('fails when customer rejects the change', async () => {
    const gatewayUrl = await gateway([], (_request, response) => response.writeHead(401).end('unknown token'));

    const failure = await recover({ ...common, target: { gatewayUrl, faultsToken: 'wrong' } }).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({ message: expect.stringContaining('answered 401 unknown token') });
  });
});

describe('recoveryDeviations', () => {
  const recovery = {
    breaker: 'count-slow',
    instance: 'account-2',
    healed: true,
    calls: [],
    transitions: ['OPEN->HALF_OPEN', 'HALF_OPEN->CLOSED'],
    finalState: 'CLOSED',
    recovered: true,
  } as const;

  it('returns no deviation for the transitions OPEN->HALF_OPEN->CLOSED', () => {
    expect(recoveryDeviations(recovery)).toEqual([]);
  });

  it.each([
    [[], 'none'],
    [['OPEN->HALF_OPEN', 'HALF_OPEN->OPEN'], 'OPEN->HALF_OPEN, HALF_OPEN->OPEN'],
  ])('reports the transitions %j', (transitions, shown) => {
    expect(recoveryDeviations({ ...recovery, transitions, finalState: 'OPEN', recovered: false })).toEqual([
      'recovery: the transitions of count-slow on account-2 should be OPEN->HALF_OPEN, HALF_OPEN->CLOSED, ' +
        `were ${shown}; its state is OPEN`,
    ]);
  });
});
