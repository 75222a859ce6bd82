import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPrometheusProgram } from '../prometheus/src/prometheus-program.ts';
import { rulesOf } from '../prometheus/src/rule-files.ts';
import { panelQueries } from './panel-queries.ts';
import { type RunningPrometheus, startPrometheus } from './running-prometheus.ts';
import { type RunningSystem, startSystem } from './running-system.ts';

const program = findPrometheusProgram('prometheus', 'whether the queries of dashboards and rules find data');

/** What may find nothing here, and why. */
const mayBeEmpty: readonly (readonly [metric: string, why: string])[] = [
  ['http_server_requests_shed_total', 'no replica is overloaded: there is nothing to turn away'],
  ['resilience4j_circuitbreaker_slow_call_rate', 'judged from ten calls on; an OPEN window may be empty'],
];

/** The metrics in the expressions of alerts: names of several words that are neither functions nor labels. */
const alertedMetrics = [
  ...new Set(
    rulesOf('alerts').flatMap(
      ({ expr }) => expr.replaceAll(/"[^"]*"/g, '').match(/\b[a-z]+[_:][\w:]*(?![\w:(=!])/g) ?? [],
    ),
  ),
];

/** A machine that is busy with something else may take its time. */
const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await condition())) throw new Error(`Waited in vain until ${what}.`);
    },
    { timeout: 120_000, interval: 200 },
  );

const hostOf = (url: string): string => new URL(url).host;

if (program.file === undefined) process.stderr.write(`${program.missing}\n`);

describe.skipIf(program.file === undefined)('a Prometheus that scrapes the running system', () => {
  let system: RunningSystem;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    system = await startSystem();
    const [accounts, customers] = [system.accounts.map(hostOf), [hostOf(system.customer)]];
    prometheus = await startPrometheus(String(program.file), { account: accounts, customer: customers });
    await until('all replicas are scraped', async () => {
      const scraped = await prometheus.scraped();
      return [...accounts, ...customers].every((host) => scraped.includes(host));
    });

    // Counters are sampled before and after they grow, first with a healthy customer, then with one that times out.
    await until('the answers of customer have been timed', async () => {
      await system.openAccounts(20);
      const timed = 'job_method_uri:http_server_requests_seconds:p99_rate5m{job="customer"}';
      return (await prometheus.query(timed)).series === 1;
    });
    await system.slowCustomerDown();
    await until('both circuit breakers refuse calls, and accounts are accepted for later', async () => {
      await system.openAccounts(20);
      const refused = 'job_instance_name:resilience4j_circuitbreaker_not_permitted_calls:rate1m{name="customer"} > 0';
      // A new series has a rate from its second sample on.
      const accepted = 'rate(http_server_requests_seconds_count{job="account", status="202"}[20s]) > 0';
      return (await prometheus.query(refused)).series === 2 && (await prometheus.query(accepted)).series === 2;
    });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await system?.stop();
  });

  /** What is wrong with the answer to an expression, in a way that says what was asked. */
  const faultOf = async (expr: string): Promise<string | undefined> => {
    const { error, series } = await prometheus.query(expr);
    if (error !== undefined) return `${error}: ${expr}`;
    const hasToBeThere = !mayBeEmpty.some(([metric]) => expr.includes(metric));
    return series === 0 && hasToBeThere ? `no data: ${expr}` : undefined;
  };

  it.each(panelQueries())('finds data for $asker', async ({ expr }) => {
    expect(await faultOf(expr)).toBeUndefined();
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

  // What an alert compares has to exist, or it could never fire.
  it.each(alertedMetrics)('has seen %s, which an alert looks at', async (metric) => {
    expect(await faultOf(metric)).toBeUndefined();
  });
});

it('needs prometheus for that', ({ skip }) => {
  skip(program.file === undefined, program.missing);
  expect(program.file).toBeDefined();
});
