import { describe, expect, it } from 'vitest';
import type { AccountReplica, CustomerReplica } from '../protocol/messages.ts';
import { faultsOf } from './faults.ts';

const account = (name: string, problem: string | null = null): AccountReplica => ({
  name,
  problem,
  hasEvents: true,
  breakers: {},
  pools: {},
  findings: [],
  traffic: null,
});

const customer = (name: string, changes: Partial<CustomerReplica> = {}): CustomerReplica => ({
  name,
  address: `${name}:3001`,
  problem: null,
  activeFaults: ['latency'],
  injectedPerSecond: 0,
  latencySeconds: 0.02,
  ...changes,
});

describe('the faults of a second', () => {
  it('are none while customer is fast', () => {
    expect(faultsOf({ accounts: [account('a-1')], customers: [customer('c-1')] })).toEqual([]);
  });

  it('have no names of replicas when all of them have the fault', () => {
    const slow = { activeFaults: ['latency', 'errors'], latencySeconds: 2 };

    expect(faultsOf({ accounts: [], customers: [customer('c-1', slow), customer('c-2', slow)] })).toEqual([
      'errors',
      'latency 2 s',
    ]);
  });

  it('name the replica that alone has the fault', () => {
    const customers = [customer('c-1'), customer('c-2', { activeFaults: ['hang'] })];

    expect(faultsOf({ accounts: [], customers })).toEqual(['hang on c-2']);
  });

  it('do not include a replica that has not responded yet, whose name is its address', () => {
    expect(faultsOf({ accounts: [account('10.0.0.1:3000', 'ECONNREFUSED')], customers: [] })).toEqual([]);
  });

  it('include replicas that are unreachable, without the faults that they had', () => {
    const customers = [customer('c-1', { problem: 'ECONNREFUSED', activeFaults: ['hang'] }), customer('c-2')];

    expect(faultsOf({ accounts: [account('a-1', 'no response in time')], customers })).toEqual([
      'a-1 unreachable',
      'c-1 unreachable',
    ]);
  });
});
