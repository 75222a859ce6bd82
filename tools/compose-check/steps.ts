import { delayAccounts, removeDelayOfAccounts } from '@breakwater/system-runner/postgres';
import { setTimeout as sleep } from 'node:timers/promises';
import { newTrace, requireSpans, spansOf } from '@breakwater/system-runner/traces';
import {
  ConstantRequests,
  isOpened,
  newKey,
  openAccount,
  type Opening,
  requireAllSaved,
  requireNothingLost,
  requireOrderlyRefusals,
} from './accounts.ts';
import type { ComposeProject } from './compose-project.ts';
import { tracingImages } from './tracing-images.ts';
import { askConsole, composeToken, nextSnapshot, requirePage } from './console.ts';

/** Functions by their titles; each returns the text to display afterwards. */
export type Steps = Readonly<Record<string, () => Promise<string>>>;

/** The URLs of the system on this machine. */
export interface Urls {
  readonly gateway: string;
  readonly prometheus: string;
  readonly jaeger: string;
}

/** Timeout for the detection of a change, such as a new replica. */
const detectionTimeoutMs = 60_000;
/** Options of `docker compose up` that wait until the containers are healthy, in seconds. */
const untilHealthy = ['--detach', '--wait', '--wait-timeout', '300'];
/** Low enough for a slow machine, high enough for requests in flight on a killed replica. */
const opensPerSecond = 15;

const disturbanceMs = 15_000;
/**
 * A shell script for a container: stops its service for 0.7 s at a time, twenty times. The service is the only child of the first
 * process. A request needs the processor several times, and the gateway waits 6 s for it.
 */
const stopAndContinue = `read -r service _ < /proc/1/task/1/children
for turn in $(seq 20); do
  kill -STOP $service; sleep 0.7
  kill -CONT $service; sleep 0.08
done`;

/** Paths for operators only. */
const hidden = ['/metrics', '/actuator/circuitbreakers', '/health/ready', '/faults', '/experiments/customer-lookups'];

function requireStatus({ status }: Opening, ...wanted: readonly number[]): void {
  if (status !== undefined && wanted.includes(status)) return;
  throw new Error(`POST /accounts responded with ${status ?? 'nothing'}, not ${wanted.join(' or ')}`);
}

/** The steps of the check in order. */
export function stepsOf(project: ComposeProject, urls: Urls, signal: AbortSignal): Steps {
  /** All results so far, which steps compare with the database. */
  const openings: Opening[] = [];

  /** Repeats a check, which throws until its condition holds. @throws its last error after the timeout */
  const eventually = async <T>(look: () => Promise<T>): Promise<T> => {
    const end = performance.now() + detectionTimeoutMs;
    for (;;) {
      try {
        return await look();
      } catch (error) {
        signal.throwIfAborted();
        if (performance.now() > end) throw error;
      }
      await sleep(500, undefined, { signal });
    }
  };
  const open = async (options?: Parameters<typeof openAccount>[1]): Promise<Opening> => {
    const opening = await openAccount(urls.gateway, options);
    openings.push(opening);
    return opening;
  };
  /** Retries under the same key, as a client does. */
  const untilOpened = async (): Promise<Opening> => {
    const key = newKey();
    return eventually(async () => {
      const opening = await open({ key });
      requireStatus(opening, 201, 202);
      return opening;
    });
  };

  /** Disturbs the accounts under load. @returns the number of requests that they refused in an orderly way */
  const refuseWhile = async (disturb: () => Promise<void>): Promise<number> => {
    const before = await project.containersOf('account');
    const load = new ConstantRequests(urls.gateway, opensPerSecond);
    let results: Opening[] = [];
    try {
      await sleep(3_000, undefined, { signal });
      await disturb();
    } finally {
      results = await load.stop();
    }
    openings.push(...results);
    const refused = requireOrderlyRefusals(results);
    const after = await project.containersOf('account');
    if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('An account was restarted');
    await untilOpened();
    await requireNothingLost(project, openings);
    return refused;
  };

  return {
    'Look for Docker': async () => {
      const engine = await project.docker('version', '--format', '{{.Server.Version}}');
      const compose = await project.docker('compose', 'version', '--short');
      return `Docker ${engine.trim()} and Compose ${compose.trim()} are available`;
    },
    'Build the images': async () => {
      await project.compose('build');
      return 'Images built';
    },
    'Start the system': async () => {
      // Without Grafana. Customer and the console must be named, because nothing depends on them.
      const services = ['customer', 'console', 'nginx', 'prometheus'];
      await project.compose('up', ...untilHealthy, ...services);
      return `The system is ready, with its gateway on ${urls.gateway}`;
    },
    'Open accounts': async () => {
      const opened = await Promise.all(Array.from({ length: 10 }, () => untilOpened()));
      for (const { accountId } of opened) {
        const response = await fetch(`${urls.gateway}/accounts/${accountId}`, { signal });
        if (!response.ok) throw new Error(`GET /accounts/${accountId} responded with ${response.status}`);
        await response.body?.cancel();
      }
      // While customer is not available, account accepts unknown customers for a later verification.
      await eventually(async () => requireStatus(await open({ customerId: 'c-unknown' }), 422));
      await requireNothingLost(project, openings);
      return '10 accounts opened and read back; for a customer that does not exist, none';
    },
    'Repeat a request': async () => {
      const first = await untilOpened();
      const again = await openAccount(urls.gateway, { key: first.key });
      requireStatus(again, 201, 202);
      if (again.accountId !== first.accountId) throw new Error(`The key ${first.key} opened a second account`);
      return 'The same idempotency key gives the same account';
    },
    'Run the commands of the runbook': async () => {
      const looks = [
        { command: ['ps'], shows: /account-2\b/ },
        { command: ['ps', 'account'], shows: /account-1\b.*healthy/i },
        { command: ['ps', 'postgres'], shows: /healthy/i },
        { command: ['logs', '--tail', '50', 'account'], shows: /"service":"account"/ },
        {
          command: ['exec', '-T', 'nginx', 'curl', '-s', 'http://account:3000/health/ready'],
          shows: /"status":"(?:ok|up)"/,
        },
      ];
      for (const { command, shows } of looks) {
        const output = await project.compose(...command);
        if (!shows.test(output)) throw new Error(`${command.join(' ')} should show ${shows}, printed: ${output}`);
      }
      const [account] = await project.containersOf('account');
      if (account === undefined) throw new Error('No account is running');
      const addresses = '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
      const address = await project.docker('inspect', '-f', addresses, account.id);
      if (!/account-\d+ (?:\d+\.){3}\d+/.test(address)) throw new Error(`An account has no address: ${address}`);
      const end = await project.docker('inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', account.id);
      if (end.trim() !== '0 false') throw new Error(`A running account is reported as ended: ${end}`);
      return `${looks.length + 2} commands of the runbook have the documented output`;
    },
    'Check the paths for operators': async () => {
      for (const path of hidden) {
        const response = await fetch(urls.gateway + path, { signal });
        await response.body?.cancel();
        if (response.status !== 404) throw new Error(`${path} responded with ${response.status}, not 404`);
      }
      return `${hidden.length} paths for operators are hidden from clients`;
    },
    'Check the console': async () => {
      await requirePage(urls.gateway, signal);
      const wanted = {
        accounts: await project.containersOf('account'),
        customers: await project.containersOf('customer'),
      };
      await eventually(async () => {
        const snapshot = await nextSnapshot(urls.gateway, signal);
        for (const kind of ['accounts', 'customers'] as const) {
          const seen = snapshot[kind].map(({ name, problem }) => problem ?? name).toSorted();
          const there = wanted[kind].map(({ instance }) => instance).toSorted();
          if (String(seen) !== String(there)) throw new Error(`The console shows ${seen}, not ${there}`);
        }
        const states = snapshot.accounts.map(({ breakers }) => breakers?.['customer']?.state);
        if (states.includes(undefined)) throw new Error('The console shows no circuit breaker of an account');
      });
      // Changes without an effect, to check the authorization.
      const heal = { method: 'PATCH', route: '/faults', body: { malformed: null } };
      const close = { method: 'POST', route: '/breakers/customer', body: { updateState: 'CLOSE' } };
      for (const [command, token] of [[heal, 'faults-token'] as const, [close, 'actuator-token'] as const]) {
        const refused = await askConsole(urls.gateway, command);
        const taken = await askConsole(urls.gateway, { ...command, token: await composeToken(token) });
        if (refused.status !== 401 || taken.status !== 200 || taken.replicas.length !== 2) {
          const actual = `${refused.status} without a token, ${taken.status} by ${taken.replicas.length} with it`;
          throw new Error(`${command.method} ${command.route} responded with ${actual}, not 401 and 200 by 2`);
        }
      }
      const plan = { startRate: 1, stages: [{ rate: 1, seconds: 1 }] };
      const load = await askConsole(urls.gateway, { method: 'PUT', route: '/load', body: plan });
      if (load.status !== 403) throw new Error(`PUT /load responded with ${load.status}, not 403`);
      return 'The console shows every replica, changes them only with their token, and sends no load';
    },
    'Kill a replica under load': async () => {
      const load = new ConstantRequests(urls.gateway, opensPerSecond);
      let results: Opening[] = [];
      try {
        await sleep(3_000, undefined, { signal });
        const [victim] = await project.containersOf('account');
        if (victim === undefined) throw new Error('No account is running');
        await project.docker('kill', '--signal', 'KILL', victim.id);
        await sleep(5_000, undefined, { signal });
      } finally {
        results = await load.stop();
      }
      openings.push(...results);
      await requireNothingLost(project, openings);
      requireAllSaved(results);
      const opened = results.filter(isOpened).length;
      return `A replica killed under load: ${opened} of ${results.length} requests opened exactly one account, and all received a response`;
    },
    'Add replicas': async () => {
      const before = await project.containersOf('nginx');
      const scale = ['--no-recreate', '--no-deps', '--scale', 'account=4', 'account'];
      await project.compose('up', ...untilHealthy, ...scale);
      const wanted = (await project.containersOf('account')).map(({ instance }) => instance);
      const seen = new Set<string>();
      await eventually(async () => {
        const results = await Promise.all(Array.from({ length: 8 }, () => open()));
        for (const { instance } of results) seen.add(instance);
        const missing = wanted.filter((instance) => !seen.has(instance));
        if (missing.length > 0) throw new Error(`No request has reached ${missing.join(', ')}`);
      });
      const after = await project.containersOf('nginx');
      if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error('nginx was restarted');
      if (wanted.length !== 4) throw new Error(`${wanted.length} accounts are running, not 4`);
      return 'Requests reach all four replicas, and nginx was not restarted';
    },
    'Stop PostgreSQL and start it': async () => {
      await project.compose('stop', 'postgres');
      await eventually(async () => requireStatus(await open(), 503));
      await project.compose('start', 'postgres');
      await untilOpened();
      await requireNothingLost(project, openings);
      return 'Without PostgreSQL the response is 503; after its start every account still exists';
    },
    'Slow PostgreSQL down': async () => {
      const refused = await refuseWhile(async () => {
        try {
          // Longer than account waits.
          for (const statement of delayAccounts(30)) await project.query(statement);
          await sleep(disturbanceMs, undefined, { signal });
        } finally {
          await project.query(removeDelayOfAccounts.atOnce);
        }
      });
      await project.query(removeDelayOfAccounts.completely);
      return `While PostgreSQL was slow, ${refused} requests were refused with Retry-After; afterwards every account exists`;
    },
    'Stop the accounts now and then': async () => {
      // An account runs for a tenth of a second at a time, in which its event loop turns too often for the default of 1 s.
      project.set({ MAX_EVENT_LOOP_DELAY: '50ms' });
      await project.compose('up', ...untilHealthy, '--no-deps', '--scale', 'account=4', 'account');
      // The accounts that start later have the default again.
      project.set({ MAX_EVENT_LOOP_DELAY: '' });
      const ids = (await project.containersOf('account')).map(({ id }) => id);
      await untilOpened();
      const refused = await refuseWhile(async () => {
        await Promise.all(ids.map((id) => project.docker('exec', id, 'sh', '-c', stopAndContinue)));
      });
      await eventually(async () => {
        const shed = 'sum(http_server_requests_shed_total{job="account",reason="event_loop_delay"})';
        if ((await queryPrometheus(urls.prometheus, shed)) === 0) throw new Error('No event loop was too late');
      });
      return `While event loops were late, ${refused} requests were refused with Retry-After; afterwards every account exists`;
    },
    'Read metrics back from Prometheus': async () => {
      const expected = [
        ['sum(up{job="account"})', 4],
        ['sum(up{job="customer"})', 2],
        ['sum(up{job="nginx"})', 1],
        ['count(count by (instance) (resilience4j_circuitbreaker_state{name="customer"}))', 4],
      ] as const;
      await eventually(async () => {
        for (const [query, value] of expected) {
          const found = await queryPrometheus(urls.prometheus, query);
          if (found !== value) throw new Error(`${query} is ${found}, not ${value}`);
        }
      });
      const requests = 'sum(http_server_requests_seconds_count{job="account",method="POST",uri="/accounts"})';
      const served = await queryPrometheus(urls.prometheus, requests);
      if (served === 0) throw new Error('Prometheus has counted no request');
      return `Prometheus scrapes every replica and the load balancer, and has counted ${served} requests`;
    },
    'Play failures': async () => {
      await project.compose('--profile', 'chaos', 'up', '--exit-code-from', 'chaos', '--no-deps', 'chaos');
      await eventually(async () => {
        const hit = await queryPrometheus(urls.prometheus, 'count(max by (instance) (customer_faults_active) == 1)');
        if (hit !== 2) throw new Error(`${hit} customers have a fault, not 2`);
      });
      return 'Both customers play the timeline of failures, and Prometheus sees it';
    },
    "Make the demo's experiments": async () => {
      const scale = ['--no-deps', '--scale', 'account=2', 'account', 'nginx'];
      await project.compose('--env-file', 'compose/demo.env', 'up', ...untilHealthy, ...scale);
      const demo = ['apps/demo/src/main.ts', '--target', urls.gateway, '--json'];
      await project.node('--conditions=@breakwater/source', ...demo);
      return 'The five experiments and the recovery had the expected result';
    },
    'Record traces': async () => {
      const images = await tracingImages(project);
      if ('missing' in images) return images.missing;
      project.set(images.variables);
      const services = ['otel-collector', 'jaeger', 'account', 'customer', 'nginx'];
      await project.compose('--env-file', 'compose/tracing.env', 'up', ...untilHealthy, '--no-deps', ...services);
      const { traceId, traceparent } = newTrace();
      await eventually(async () => requireStatus(await open({ headers: { traceparent } }), 201));
      const spans = await eventually(async () => {
        const received = await spansOf(urls.jaeger, traceId);
        requireSpans(received, traceparent);
        return received;
      });
      // The load balancer logs the same id.
      if (!(await project.compose('logs', '--no-log-prefix', 'nginx')).includes(`"traceId":"${traceId}"`)) {
        throw new Error(`nginx has not logged the trace ${traceId}`);
      }
      await eventually(async () => {
        const linked = await exemplarsOf(urls.prometheus, 'http_server_requests_seconds_bucket{job="account"}');
        if (!linked.includes(traceId)) throw new Error(`No duration in Prometheus is linked to the trace ${traceId}`);
      });
      return `A trace of ${spans.length} spans of both services, also of HTTP and SQL, is in Jaeger, and a duration links to it`;
    },
  };
}

/** The traces to which exemplars of these series link. */
async function exemplarsOf(url: string, query: string): Promise<string[]> {
  const period = { start: '0', end: String(Date.now() / 1_000 + 60) };
  const parameters = new URLSearchParams({ query, ...period }).toString();
  const response = await fetch(`${url}/api/v1/query_exemplars?${parameters}`, { signal: AbortSignal.timeout(5_000) });
  const { data } = (await response.json()) as { data: { exemplars: { labels: { trace_id: string } }[] }[] };
  return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
}

/** The response of Prometheus to an instant query. */
interface QueryResponse {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/**
 * The value of a query.
 *
 * @throws Error when Prometheus does not respond or has no data
 */
async function queryPrometheus(url: string, query: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, {
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`Prometheus responded with ${response.status} to ${query}`);
  const { data } = (await response.json()) as QueryResponse;
  const [first] = data.result;
  if (first === undefined) throw new Error(`Prometheus has no data for ${query}`);
  return Number(first.value[1]);
}
