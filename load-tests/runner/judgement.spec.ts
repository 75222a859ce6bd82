import { describe, expect, it } from 'vitest';
import { customerIsIsolated, type Thresholds } from '../scenarios/scenario.ts';
import { judge } from './judgement.ts';
import { measure } from './measures.ts';
import type { RunRecord, ServiceSample } from './run-record.ts';
import { breakersAt, requestsBetween, sampleRun, servicesAt } from './testing/sample-run.ts';

const run = sampleRun();
const judged = (change: Partial<RunRecord> = {}, thresholds: Thresholds = customerIsIsolated) => {
  const record = sampleRun(change);
  return judge(record, measure(record), thresholds);
};

/** The run with some of its requests in place of others. */
const withRequests = (
  fromMs: number,
  toMs: number,
  change: Parameters<typeof requestsBetween>[2],
): Partial<RunRecord> => ({
  requests: [
    ...run.requests.filter(({ atMs }) => atMs < fromMs || atMs >= toMs),
    ...requestsBetween(fromMs, toMs, change),
  ],
});

const callsOf = ({ customerCalls }: ServiceSample): number => Object.values(customerCalls).reduce((a, b) => a + b, 0);

/** The state of both breakers stays CLOSED for the whole run. */
const closed = { breakers: [0, 12_000, 40_000].map((atMs) => breakersAt(atMs, 'CLOSED', 'CLOSED')) };

/**
 * One sample a second of two replicas that receive ten calls a second together. The second one receives none during the
 * fault, and its share after it has returned.
 *
 * @param returnsAtMs when it receives calls again
 * @param burst calls that it receives in the first second
 */
const oneReplicaLess = (returnsAtMs: number, burst = 5): Partial<RunRecord> => {
  const services: ServiceSample[] = [];
  let [one, two] = [0, 0];
  for (let atMs = 0; atMs <= 50_000; atMs += 1_000) {
    services.push(servicesAt(atMs, 0, { customerCalls: { 'customer-1': one, 'customer-2': two } }));
    const isLeftOut = atMs >= 10_000 && atMs < returnsAtMs;
    const calls = isLeftOut ? 0 : atMs === returnsAtMs ? burst : 5;
    one += 10 - calls;
    two += calls;
  }
  return { services };
};

/** Ejections of each replica of customer since the start of the fault, of which the second one is faulty. */
const ejections = (healthy: number, faulty: number): Partial<RunRecord> => ({
  faultyReplicas: ['customer-2'],
  services: [
    servicesAt(10_000, 0, { ejections: { 'customer-1': 3, 'customer-2': 4 } }),
    servicesAt(50_000, 0, { ejections: { 'customer-1': 3 + healthy, 'customer-2': 4 + faulty } }),
  ],
});

/** More than a minute after the fault. */
const longPhases: RunRecord['phases'] = run.phases.map((phase) =>
  phase.name === 'after' ? { ...phase, toMs: 95_000 } : phase,
);

const failedIn = (change: Partial<RunRecord>, thresholds?: Thresholds): string[] =>
  judged(change, thresholds)
    .checks.filter(({ verdict }) => verdict === 'failed')
    .map(({ name }) => name);

describe('measures', () => {
  it('cover each phase from the view of the client, without the warm-up', () => {
    const { phases } = measure(run);

    expect(phases.map(({ name, arrivals, settled }) => [name, arrivals, settled])).toEqual([
      ['before', 100, 1],
      ['during', 200, 1],
      ['after', 200, 1],
    ]);
    expect(phases[1]).toMatchObject({
      latenciesMs: { p50: 5, p95: 2_000, p99: 2_000, max: 2_000 },
      outcomes: { 'verified now': 20, 'last good value': 180, failed: 0 },
    });
  });

  it('keep the second after the opening of the breakers apart, in which waiting requests go on', () => {
    const { released, protected: later } = measure(sampleRun(withRequests(12_000, 13_000, { durationMs: 900 })));

    expect([released?.latenciesMs.p99, later?.latenciesMs.p99]).toEqual([900, 5]);
    expect(later?.slowest[0]).toMatchObject({ durationMs: 900, states: { 'account-1': 'OPEN', 'account-2': 'OPEN' } });
  });

  it('cover reaction times and the load on customer', () => {
    expect(measure(run)).toMatchObject({
      openedAfterMs: 2_000,
      timeToProtectMs: 2_000,
      timeToRecoverMs: 10_000,
      timeToVerifyMs: 10_000,
      released: { latenciesMs: { p99: 5 } },
      protected: { latenciesMs: { p99: 5 } },
      generatorShare: 0.05,
      machineShare: 0.4,
      ownShare: expect.closeTo(0.35, 6),
      othersShare: expect.closeTo(0.05, 6),
    });
    expect(measure(run).protected?.shareOfCustomerCalls).toBeCloseTo(1 / 18 / 10, 5);
  });
});

describe('a run', () => {
  it('passes when every threshold is kept', () => {
    const { checks, isPassed, invalid, cautions } = judged();

    expect(checks.map(({ verdict }) => verdict)).toEqual(checks.map(() => 'passed'));
    expect([isPassed, invalid, cautions]).toEqual([true, undefined, []]);
  });

  it.each<[string, Partial<RunRecord>, string[]]>([
    [
      'an account was lost',
      {
        ledger: {
          requests: 1,
          accounts: 0,
          retried: 0,
          findings: [{ kind: 'lost-account', message: 'k received an account.' }],
        },
      },
      ['ledger: every accepted account exists once'],
    ],
    [
      'three of 200 clients received no response',
      withRequests(20_000, 20_300, { status: 0 }),
      ['verified or accepted during'],
    ],
    ['one client received a 5xx response', withRequests(20_000, 20_100, { status: 503 }), ['5xx responses']],
    [
      'responses are slow although the breakers are open',
      withRequests(20_000, 20_300, { durationMs: 101 }),
      ['p99 from 1 s after the breakers opened'],
    ],
    ['customer is never called again', withRequests(40_000, 50_000, { verifiedBy: 'LAST_GOOD' }), ['time to recover']],
    [
      'customer is called again too late',
      withRequests(40_000, 42_500, { verifiedBy: 'LAST_GOOD' }),
      ['time to recover'],
    ],
    [
      'customer receives calls while the breakers are open',
      {
        services: run.services.map((each) => (each.atMs >= 30_000 ? servicesAt(each.atMs, callsOf(each) + 2) : each)),
      },
      ['load on customer after opening, of normal'],
    ],
  ])('fails when %s', (_, change, expected) => {
    expect(failedIn(change)).toEqual(expected);
    expect(judged(change).isPassed).toBe(false);
  });

  it.each<[string, Thresholds, Partial<RunRecord>]>([
    [
      'retries multiply the calls',
      { customerCallsPerArrival: 1.2 },
      { services: [servicesAt(10_000, 0), servicesAt(30_000, 300)] },
    ],
    [
      'the load balancer repeats one request in five',
      { upstreamRequestsPerArrival: 1.1 },
      { forwarded: [1, 1, 1, 1, 2].map((attempts, at) => ({ atMs: 20_000 + at, attempts })) },
    ],
    [
      'no request is refused in an overload',
      { refused: 0.2, upstreamRequestsPerArrival: 1.1 },
      {
        // Before and after the fault nothing counts.
        forwarded: [9_999, 20_000, 30_000].map((atMs) => ({ atMs, attempts: atMs === 20_000 ? 1 : 9 })),
      },
    ],
    [
      'memory grows',
      { memoryGrowth: 1.1 },
      { services: [servicesAt(18_000, 0), servicesAt(25_000, 0, { memoryBytes: { 'account-1': 120e6 } })] },
    ],
    [
      'the event-loop lag grows',
      { eventLoopLagGrowthMs: 20 },
      { services: [servicesAt(18_000, 0), servicesAt(25_000, 0, { eventLoopLagMs: { 'account-1': 40 } })] },
    ],
    [
      'one request in a hundred is verified later',
      { verifiedNow: 0.99 },
      withRequests(12_000, 30_000, { status: 202 }),
    ],
    ['requests are slow after the fault was noticed', { p99NoticedMs: 4 }, {}],
    ['a breaker opens', { breakersLeftClosed: 1 }, {}],
    ['a replica has its share too late', { timeToShareMs: 15_000 }, oneReplicaLess(42_000)],
    ['a replica never has its share again', { timeToShareMs: 15_000 }, oneReplicaLess(60_000)],
    ['a burst hits the replica that returns', { loadOnReturn: 1.25 }, oneReplicaLess(32_000, 10)],
    ['protection takes long', { timeToProtectMs: 1_000 }, {}],
    ['a phase is slow', { p99DuringMs: 1_999 }, {}],
    ['a healthy replica is ejected', { healthyEjected: 0 }, ejections(1, 1)],
    ['the faulty replica is not ejected', { faultyEjected: 1 }, ejections(1, 0)],
    ['a control arm that should stay down recovers', { staysDown: 0.1 }, { phases: longPhases }],
  ])('fails when %s', (_, threshold, change) => {
    expect(failedIn(change, threshold)).toHaveLength(1);
  });

  describe('of a control arm', () => {
    const judgedAsControl = (change: Partial<RunRecord>, controlThresholds: Thresholds = {}) => {
      const record = sampleRun(change);
      return judge(record, measure(record), customerIsIsolated, { controlThresholds });
    };
    const verdicts = ({ checks }: ReturnType<typeof judge>) => new Set(checks.map(({ verdict }) => verdict));

    it('passes when it misses a limit', () => {
      const judgement = judgedAsControl(withRequests(20_000, 20_300, { status: 0 }));

      expect(judgement.isPassed).toBe(true);
      expect(verdicts(judgement)).toEqual(new Set(['passed', 'shown']));
    });

    it('fails when it keeps every limit', () => {
      const judgement = judgedAsControl({});

      expect(judgement.isPassed).toBe(false);
      expect(judgement.checks.at(-1)).toMatchObject({ verdict: 'failed', measured: '0 of 5', allowed: '≥ 1' });
    });

    it('fails when it misses a limit of its own', () => {
      const change = withRequests(20_000, 20_300, { status: 503 });

      expect(judgedAsControl(change).isPassed).toBe(true);
      expect(judgedAsControl(change, { serverErrors: 0 }).isPassed).toBe(false);
      expect(judgedAsControl(change, { serverErrors: 3 }).isPassed).toBe(true);
    });

    it('shows which limits of the other arm are evidence', () => {
      const control = judgedAsControl(
        { ...withRequests(40_000, 50_000, { status: 202 }), breakers: [] },
        { serverErrors: 0 },
      );
      const record = sampleRun();
      const { checks } = judge(record, measure(record), customerIsIsolated, { control });

      expect(checks.map(({ name, control: there }) => [name, there])).toEqual([
        ['ledger: every accepted account exists once', 'in every arm'],
        ['verified or accepted during', '100.00 %, kept: no evidence'],
        ['5xx responses', '0, in every arm'],
        ['p99 from 1 s after the breakers opened', 'not measured, not judged'],
        ['time to recover', 'never, missed'],
        ['load on customer after opening, of normal', 'not measured, not judged'],
      ]);
    });

    it('fails when an account was lost', () => {
      const findings = [{ kind: 'lost-account', message: 'k received an account.' }] as const;
      const ledger = { requests: 1, accounts: 0, retried: 0, findings };

      expect(judgedAsControl({ ...withRequests(20_000, 20_300, { status: 0 }), ledger }).isPassed).toBe(false);
    });
  });

  it('passes when one bad replica of two is hardly noticed', () => {
    const change = { ...withRequests(12_000, 30_000, { durationMs: 20 }), ...closed, ...oneReplicaLess(32_000) };
    const { checks } = judged(change, {
      verifiedNow: 0.99,
      p99NoticedMs: 150,
      breakersLeftClosed: 0,
      timeToShareMs: 15_000,
      loadOnReturn: 1.25,
    });

    expect(checks.map(({ verdict }) => verdict)).toEqual(checks.map(() => 'passed'));
  });

  it('is invalid when k6 could not keep up', () => {
    const { invalid, isPassed } = judged({ droppedRequests: 3 });

    expect(invalid).toContain('could not start 3 requests');
    expect(isPassed).toBe(false);
  });

  it.each([{ durationMs: 600 }, { status: 503 }])(
    'is invalid when the system was not healthy before the fault: %j',
    (change) => {
      expect(judged(withRequests(1_000, 3_000, change)).invalid).toContain('before the fault');
    },
  );

  it('is invalid when the machine was exhausted', () => {
    const services = run.services.map((each) => ({ ...each, processors: { generator: 0.1, own: 1.9, machine: 1.95 } }));

    expect(judged({ services }).invalid).toContain('the machine was exhausted (97.50 %');
  });

  it('is invalid without requests', () => {
    expect(judged({ requests: [] }).invalid).toBe('no request was sent');
  });

  it('does not pass when a value was not measured', () => {
    const { checks, isPassed } = judged({ breakers: [] });

    expect(checks.find(({ name }) => name.startsWith('p99'))?.verdict).toBe('not judged');
    expect(isPassed).toBe(false);
  });

  it('is not judged on another engine, except for the ledger', () => {
    const lost = {
      requests: 1,
      accounts: 0,
      retried: 0,
      findings: [{ kind: 'lost-account', message: 'k.' }],
    } as const;
    const slow = withRequests(20_000, 30_000, { durationMs: 5_000, status: 0 });

    expect(judged({ engine: 'none', ...slow }).isPassed).toBe(true);
    expect(judged({ engine: 'none', ...slow, ledger: lost }).isPassed).toBe(false);
  });

  it('has a caution when programs that have nothing to do with the run were busy', () => {
    const services = run.services.map((each) => ({ ...each, processors: { generator: 0.1, own: 1, machine: 1.4 } }));

    expect(judged({ services }).cautions).toEqual([expect.stringContaining('other programs took 20.00 %') as string]);
  });

  it('has cautions when the machine or k6 was busy', () => {
    const services = run.services.map((each) => ({ ...each, processors: { generator: 0.6, own: 1.7, machine: 1.8 } }));

    expect(judged({ services }).cautions).toEqual([
      expect.stringContaining('k6 itself took 30.00 %') as string,
      expect.stringContaining('the machine was busy (90.00 %') as string,
    ]);
  });
});
