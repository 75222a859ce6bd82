import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ControlledReplica, ProcessControl } from './process-control.ts';

const changes: string[] = [];
const onDisturbance = vi.fn<() => void>();
let control: ProcessControl;

function replica(name: string, state: ControlledReplica['state'] = 'running'): ControlledReplica {
  return {
    name,
    state,
    crash: () => void changes.push(`${name} crash`),
    freeze: () => void changes.push(`${name} freeze`),
    thaw: () => void changes.push(`${name} thaw`),
  };
}

beforeEach(async () => {
  const replicas = [replica('account-1'), replica('customer-1', 'frozen'), replica('customer-2', 'starting')];
  control = await ProcessControl.start({ replicas: () => replicas, token: 'secret', onDisturbance });
});

afterEach(async () => {
  await control.stop();
  changes.splice(0);
  onDisturbance.mockClear();
});

async function send(method: string, path: string, authorization?: string) {
  const response = await fetch(control.url + path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  return { status: response.status, body: (await response.json()) as { detail?: string; replicas?: unknown } };
}

describe('ProcessControl', () => {
  it('listens on loopback', () => {
    expect(new URL(control.url).hostname).toBe('127.0.0.1');
  });

  it('lists the replicas without a token', async () => {
    expect(await send('GET', '/replicas')).toEqual({
      status: 200,
      body: {
        replicas: [
          { name: 'account-1', state: 'running' },
          { name: 'customer-1', state: 'frozen' },
          { name: 'customer-2', state: 'starting' },
        ],
      },
    });
  });

  it.each([
    ['/replicas/account-1/kill', 'account-1 crash', 1],
    ['/replicas/account-1/freeze', 'account-1 freeze', 1],
    ['/replicas/customer-1/continue', 'customer-1 thaw', 0],
  ])('takes POST %s with the token', async (path, change, disturbances) => {
    expect(await send('POST', path, 'Bearer secret')).toMatchObject({ status: 200 });

    expect(changes).toEqual([change]);
    expect(onDisturbance).toHaveBeenCalledTimes(disturbances);
  });

  it.each([
    ['without a token', 'POST', '/replicas/account-1/kill', undefined, 401, /Bearer/],
    ['with a wrong token', 'POST', '/replicas/account-1/kill', 'Bearer secre', 401, /Bearer/],
    ['with an empty token', 'POST', '/replicas/account-1/kill', 'Bearer ', 401, /Bearer/],
    ['with another method', 'GET', '/replicas/account-1/kill', 'Bearer secret', 405, /POST/],
    ['for an unknown replica', 'POST', '/replicas/account-3/kill', 'Bearer secret', 404, /account-1, customer-1/],
    ['for an unknown action', 'POST', '/replicas/account-1/toString', 'Bearer secret', 404, /kill\|freeze\|continue/],
    ['for a replica that is starting', 'POST', '/replicas/customer-2/freeze', 'Bearer secret', 409, /is starting/],
  ])('refuses a request %s', async (_which, method, path, authorization, status, detail) => {
    const refusal = await send(method, path, authorization);

    expect(refusal.status).toBe(status);
    expect(refusal.body.detail).toMatch(detail);
    expect(changes).toEqual([]);
    expect(onDisturbance).not.toHaveBeenCalled();
  });

  it('cannot be reached after its end', async () => {
    await control.stop();

    await expect(fetch(`${control.url}/replicas`)).rejects.toThrow('fetch failed');
  });
});
