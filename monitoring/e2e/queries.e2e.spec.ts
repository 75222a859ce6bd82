import type { LocalSystem } from '@breakwater/system-runner';
import { randomBytes } from 'node:crypto';
import { startSystem } from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPrometheusProgram } from '../prometheus/src/prometheus-program.ts';
import { rulesOf } from '../prometheus/src/rule-files.ts';
import { panelQueries } from './panel-queries.ts';
import { type RunningPrometheus, startPrometheus } from './running-prometheus.ts';

const program = findPrometheusProgram('prometheus', 'whether the queries of dashboards and rules find data');

/** Metrics without data in this system, with the reason. */
const mayBeEmpty: readonly (readonly [metric: string, why: string])[] = [
  ['resilience4j_circuitbreaker_slow_call_rate', 'it exists from ten calls on, and an OPEN window may be empty'],
];

/** The metrics in the expressions of alerts: names of several words that are neither functions nor labels. */
const alertedMetrics = [
  ...new Set(
    rulesOf('alerts').flatMap(
      ({ expr }) => expr.replaceAll(/"[^"]*"/g, '').match(/\b[a-z]+[_:][\w:]*(?![\w:(=!])/g) ?? [],
    ),
  ),
];

/** The metrics that the panels of Resilience4j's own dashboard query (`grafana_dashboard.json` in its repository). */
const metricsOfResilience4jDashboard = [
  'resilience4j_circuitbreaker_state',
  'resilience4j_circuitbreaker_failure_rate',
  'resilience4j_circuitbreaker_calls_seconds_count',
  'resilience4j_circuitbreaker_calls_seconds_sum',
  'resilience4j_circuitbreaker_calls_seconds_bucket',
  'resilience4j_circuitbreaker_calls_total',
  'resilience4j_circuitbreaker_buffered_calls',
  'resilience4j_circuitbreaker_max_buffered_calls',
  'resilience4j_retry_calls_total',
  'resilience4j_bulkhead_available_concurrent_calls',
  'resilience4j_bulkhead_max_allowed_concurrent_calls',
];

/** The buckets that panels and rules select by their bound. */
const selectedBuckets = [
  ...new Set(
    [...panelQueries(), ...rulesOf('recording'), ...rulesOf('alerts')].flatMap(({ expr }) =>
      [...expr.matchAll(/(\w+_bucket)\{[^}]*?(\ble=~?"[^"]*")/g)].map(([, metric, bound]) => `${metric}{${bound}}`),
    ),
  ),
];

/** The timeout allows for a busy machine. */
const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error(`Not fulfilled within the timeout: ${what}.`);
    },
    { timeout: 120_000, interval: 200 },
  );

/** Opens twenty accounts at once, in turn at each replica, and ignores the responses. */
async function openAccounts({ accountUrls }: LocalSystem, nextCustomer: () => string): Promise<void> {
  const opening = Array.from({ length: 20 }, async (_, n) => {
    const response = await fetch(`${accountUrls[n % accountUrls.length]}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: nextCustomer(), currency: 'EUR' }),
    });
    await response.arrayBuffer();
  });
  await Promise.all(opening);
}

let lastCustomer = 0;
/** While customer is slow, a request for such a customer receives 202. */
const customerWithoutStaleValue = (): string => `c-${1_002 + (lastCustomer++ % 99)}`;

const hostOf = (url: string): string => new URL(url).host;

if (program.file === undefined) process.stderr.write(`${program.missing}\n`);

describe.skipIf(program.file === undefined)('a Prometheus that scrapes the running system', () => {
  let system: LocalSystem;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    // The circuit breakers of the experiments give the doctor something to find.
    const env = { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: '0ms' } };
    system = await startSystem({ lab: true, customers: 1, env });
    const [accounts, customers] = [system.accountUrls.map(hostOf), system.customerUrls.map(hostOf)];
    prometheus = await startPrometheus(String(program.file), { account: accounts, customer: customers });
    await until('all replicas are scraped', async () => {
      const scraped = await prometheus.scraped();
      return [...accounts, ...customers].every((host) => scraped.includes(host));
    });

    // Counters are sampled before and after they grow, first with a healthy customer, then with one that times out.
    await until('durations of customer are recorded', async () => {
      await openAccounts(system, () => 'c-1001');
      const timed = 'job_method_uri:http_server_requests_seconds:p99_rate5m{job="customer"}';
      return (await prometheus.query(timed)).series === 1;
    });
    // Every call times out. The capacity is enough for all of them: customer refuses none.
    await system.setCustomerFaults({ latency: '1m', capacity: { workers: 1_000, queue: 1_000 } });
    await until('both circuit breakers refuse calls, and accounts are accepted with 202', async () => {
      await openAccounts(system, customerWithoutStaleValue);
      const refused = 'job_instance_name:resilience4j_circuitbreaker_not_permitted_calls:rate1m{name="customer"} > 0';
      // A new series has a rate from its second sample on.
      const accepted = 'rate(http_server_requests_seconds_count{job="account", status="202"}[20s]) > 0';
      return (await prometheus.query(refused)).series === 2 && (await prometheus.query(accepted)).series === 2;
    });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await system?.end();
  });

  /** The fault of an expression: an error, or no data; undefined without a fault. */
  const faultOf = async (expr: string): Promise<string | undefined> => {
    const { error, series } = await prometheus.query(expr);
    if (error !== undefined) return `${error}: ${expr}`;
    const hasToBeThere = !mayBeEmpty.some(([metric]) => expr.includes(metric));
    return series === 0 && hasToBeThere ? `no data: ${expr}` : undefined;
  };

  it.each(panelQueries())('finds data for $origin', async ({ expr }) => {
    expect(await faultOf(expr)).toBeUndefined();
  });

  it.each(metricsOfResilience4jDashboard)(
    'finds data for %s with the variables of Resilience4j’s own dashboard',
    async (metric) => {
      expect(await faultOf(`${metric}{application=~"account", instance=~".+", name=~"customer"}`)).toBeUndefined();
    },
  );

  it('finds account as the only value of the variable application', async () => {
    expect(await faultOf('{application="account"}')).toBeUndefined();
    expect(await prometheus.query('group by (application) ({application!=""})')).toMatchObject({ series: 1 });
  });

  it('links the durations of sampled requests to their traces, and those of others to none', async () => {
    const traceIds = ['00', '01'].map((flags) => ({ flags, traceId: randomBytes(16).toString('hex') }));
    for (const { flags, traceId } of traceIds) {
      const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-${flags}` };
      const response = await fetch(`${system.accountUrls[0]}/accounts?customerId=c-1001`, { headers });
      await response.arrayBuffer();
    }

    const durations = 'http_server_requests_seconds_bucket{job="account", method="GET"}';
    await until('Prometheus has the exemplar', async () => (await prometheus.tracesOf(durations)).length > 0);
    const sampled = traceIds.filter(({ flags }) => flags === '01').map(({ traceId }) => traceId);
    expect([...new Set(await prometheus.tracesOf(durations))]).toEqual(sampled);
  });

  // Prometheus scrapes OpenMetrics, in which another rendering of a name or of a bound would be another series.
  it('has each bucket once', async () => {
    const bounds =
      'count by (instance) (http_server_requests_seconds_bucket{job="account", uri="/accounts", status="201"})';
    expect(await prometheus.query(`${bounds} != 13`)).toEqual({ series: 0 });
    expect(await prometheus.query('{__name__=~".+_total_total"}')).toEqual({ series: 0 });
  });

  it('evaluates every rule without an error', async () => {
    const all = [...rulesOf('recording'), ...rulesOf('alerts')].map(({ record, alert }) => String(record ?? alert));

    const rules = await vi.waitFor(
      async () => {
        const evaluated = await prometheus.rules();
        expect(evaluated.filter(({ health }) => health === 'unknown')).toEqual([]);
        return evaluated;
      },
      { timeout: 30_000, interval: 200 },
    );

    expect(rules.map(({ name }) => name).sort()).toEqual(all.sort());
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it.each(rulesOf('recording'))('finds data for $record', async ({ record }) => {
    expect(await faultOf(String(record))).toBeUndefined();
  });

  it.each(selectedBuckets)('has data for %s, which a panel or a rule selects', async (bucket) => {
    expect(await faultOf(bucket)).toBeUndefined();
  });

  // An alert on a metric that does not exist could never fire.
  it.each(alertedMetrics)('has data for %s, which an alert uses', async (metric) => {
    expect(await faultOf(metric)).toBeUndefined();
  });
});

it('finds prometheus, which the checks of the queries need', ({ skip }) => {
  skip(program.file === undefined, program.missing);
  expect(program.file).toBeDefined();
});
