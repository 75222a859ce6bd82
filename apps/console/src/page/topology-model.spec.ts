import type { EndpointDetails } from '@breakwater/resilience/actuator';
import { describe, expect, it } from 'vitest';
import type { AccountReplica, Breaker, CustomerReplica, Snapshot, Traffic } from '../protocol/messages.ts';
import { breakerWith, replicaWith, snapshotWith } from './testing.ts';
import { topologyOf, whyBreaker, whyEndpoint } from './topology-model.ts';

const endpointWith = (changes: Partial<EndpointDetails> = {}): EndpointDetails => ({
  url: 'http://10.0.0.1:3001',
  state: 'IN_SERVICE',
  ejectionReason: null,
  remainingEjectionMs: null,
  inFlightCalls: 0,
  latencyMs: 20,
  failureRate: 0,
  slowCallRate: 0,
  numberOfSuccessfulCalls: 100,
  numberOfFailedCalls: 0,
  numberOfEjections: 0,
  ...changes,
});

const customer: CustomerReplica = {
  name: 'customer-1',
  address: '10.0.0.1:3001',
  problem: null,
  activeFaults: [],
  injectedPerSecond: 0,
  latencySeconds: 0.02,
};

const traffic: Traffic = {
  created: 15,
  accepted: 3,
  rejected: 0,
  failed: 2,
  latencyMs: { p50: 10, p95: 40, p99: 90 },
};

interface Situation {
  readonly account?: Partial<AccountReplica>;
  readonly breaker?: Partial<Breaker>;
  readonly endpoint?: Partial<EndpointDetails>;
  readonly isPanic?: boolean;
  readonly customer?: Partial<CustomerReplica>;
}

function snapshotOf(situation: Situation, at = 1_000_000): Snapshot {
  const endpoints = { [customer.address]: endpointWith(situation.endpoint) };
  const pool = { isPanic: situation.isPanic ?? false, isResolutionFailing: false, endpointsInService: 1, endpoints };
  return snapshotWith({
    at,
    traffic,
    accounts: [
      replicaWith({
        breakers: { customer: breakerWith(situation.breaker) },
        pools: { customer: pool },
        traffic,
        ...situation.account,
      }),
    ],
    customers: [{ ...customer, ...situation.customer }],
  });
}

function topology(situation: Situation, earlier?: Situation) {
  const before = earlier && snapshotOf(earlier, 998_000);
  const graph = topologyOf({ snapshot: snapshotOf(situation), periods: {} }, before, ['customer']);
  const account = graph.accounts[0]!;
  return { graph, account, gate: account.gates[0], edge: account.endpoints[0]! };
}

describe('the topology', () => {
  it('shows the rate, the 95th percentile and the errors of requests', () => {
    const { graph, account } = topology({});

    for (const { inbound } of [graph, account]) {
      expect(inbound).toMatchObject({ perSecond: 20, latencyMs: 40, errorRate: 10, status: 'failing' });
    }
  });

  it('shows the rate and the errors of the calls to an endpoint since an earlier snapshot', () => {
    const { edge } = topology(
      { endpoint: { numberOfSuccessfulCalls: 119, numberOfFailedCalls: 1 } },
      { endpoint: { numberOfSuccessfulCalls: 100, numberOfFailedCalls: 0 } },
    );

    expect(edge).toMatchObject({
      customer: 'customer-1',
      perSecond: 10,
      latencyMs: 20,
      errorRate: 5,
      status: 'flowing',
    });
  });

  it('knows no rate before two snapshots, or after a restart', () => {
    expect(topology({}).edge.perSecond).toBeNull();
    expect(topology({}, { endpoint: { numberOfSuccessfulCalls: 500 } }).edge.perSecond).toBeNull();
  });

  it('closes the edges behind an open circuit breaker, and says why', () => {
    const metrics = { ...breakerWith().metrics, failureRate: 80, bufferedCalls: 10 };
    const { gate, edge } = topology({ breaker: { state: 'OPEN', remainingMs: 4_200, metrics } }, {});

    const why = '80 % of 10 calls failed (opens at 50 %): no call gets through. Trial calls in 4.2 s.';
    expect(gate).toEqual({ name: 'customer', state: 'OPEN', cause: '4.2 s left · 80 % failed', why });
    expect(edge).toMatchObject({ status: 'blocked', blockedBy: 'circuit breaker' });
    expect(edge.why).toContain(why);
  });

  it('closes the edge to an ejected endpoint, and says why', () => {
    const ejected = { state: 'EJECTED', ejectionReason: 'CONSECUTIVE_FAILURES', remainingEjectionMs: 5_000 } as const;

    expect(topology({ endpoint: ejected }, {}).edge).toMatchObject({
      status: 'blocked',
      blockedBy: 'ejection',
      why: 'Too many failures in a row: it gets no calls. Ejected for another 5.0 s.',
    });
    expect(topology({ endpoint: ejected, isPanic: true }, {}).edge).toMatchObject({
      status: 'limited',
      blockedBy: null,
      why: 'Too many failures in a row, but too few endpoints are in service, so it gets calls all the same.',
    });
  });

  it('limits the edge of a half-open circuit breaker and of an endpoint with trial calls', () => {
    expect(topology({ breaker: { state: 'HALF_OPEN', admissionPercentage: 0 } }, {}).edge.status).toBe('limited');
    expect(topology({ endpoint: { state: 'TRIAL' } }, {}).edge.status).toBe('limited');
  });

  it('knows nothing about an unreachable replica of account', () => {
    const { account, gate, edge } = topology({ account: { problem: 'ECONNREFUSED' } }, {});

    expect(account.inbound).toMatchObject({ status: 'blocked', why: 'account-1 is unreachable: ECONNREFUSED.' });
    expect(gate?.state).toBe('UNKNOWN');
    expect(edge).toMatchObject({ state: 'UNKNOWN', status: 'unknown', perSecond: null });
  });

  it('prefers a state that was streamed to that of the last poll', () => {
    const snapshot = snapshotOf({});
    const periods = { customer: { 'account-1': [{ state: 'OPEN' as const, from: 1, to: undefined }] } };

    expect(topologyOf({ snapshot, periods }, undefined, ['customer']).accounts[0]?.gates[0]?.state).toBe('OPEN');
  });

  it('shows what is wrong with customer', () => {
    const nodeOf = (changes: Partial<CustomerReplica>) => topology({ customer: changes }).graph.customers[0];

    expect(nodeOf({})).toMatchObject({ condition: 'latency 20 ms', isHealthy: true });
    expect(nodeOf({ activeFaults: ['latency', 'errors'] })).toMatchObject({
      condition: 'errors · latency 20 ms',
      isHealthy: false,
    });
    expect(nodeOf({ problem: 'ECONNRESET' })).toMatchObject({ condition: 'unreachable: ECONNRESET', isHealthy: false });
  });

  it('has endpoints that the console does not know', () => {
    const { graph } = topology({ customer: { address: '10.0.0.9:3001' } });

    expect(graph.customers.map(({ name }) => name)).toEqual(['10.0.0.1:3001', 'customer-1']);
  });
});

describe('why a circuit breaker is in its state', () => {
  const metrics = breakerWith().metrics;

  it.each([
    ['CLOSED', {}, 'All calls get through: 20 % failed (opens at 50 %), 0 % slow (opens at 80 %).'],
    [
      'CLOSED',
      { metrics: { ...metrics, failureRate: -1, slowCallRate: -1 } },
      'All calls get through: of at least 10 calls that it needs, it has seen 5.',
    ],
    [
      'OPEN',
      { metrics: { ...metrics, slowCallRate: 90, bufferedCalls: 10 } },
      '90 % of 10 calls were slow (opens at 80 %): no call gets through.',
    ],
    ['OPEN', {}, 'Its trial calls did not succeed: no call gets through.'],
    [
      'OPEN',
      { remainingMs: 0 },
      'Its trial calls did not succeed: no call got through. The wait is over: the next call is a trial call.',
    ],
    ['HALF_OPEN', { admissionPercentage: 0 }, '5 of 3 trial calls have ended. They decide whether it closes.'],
    ['HALF_OPEN', { admissionPercentage: 20 }, 'Its trial calls succeeded: 20 % of the calls get through, soon all.'],
    ['FORCED_OPEN', {}, 'An operator has forced it open: no call gets through until an operator closes it.'],
    ['DISABLED', {}, 'An operator has disabled it: all calls get through, and none counts.'],
  ] as const)('%s with %o', (state, changes, why) => {
    expect(whyBreaker(state, breakerWith({ state, ...changes }))).toBe(why);
  });
});

describe('why an endpoint gets calls', () => {
  it.each([
    [{ state: 'IN_SERVICE' }, 'It is in service.'],
    [{ state: 'SLOW_START' }, 'It is back in service: its share of the calls grows.'],
    [{ state: 'TRIAL' }, 'Its ejection has ended: trial calls decide whether it gets its share again.'],
    [{ state: 'EJECTED', ejectionReason: 'MANUAL' }, 'An operator has ejected it: it gets no calls.'],
    [
      { state: 'EJECTED', ejectionReason: 'TRIAL_FAILED', remainingEjectionMs: 0 },
      'A trial call failed: it got no calls. The time is over: the next call is a trial call.',
    ],
  ] as const)('%o', (changes, why) => {
    expect(whyEndpoint(endpointWith(changes), false)).toBe(why);
  });
});
