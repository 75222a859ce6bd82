import type { LocalSystem } from '@breakwater/system-runner';
import { callReplica, sampleValue, sumOfSamples } from '@breakwater/contracts/replicas';
import { processorUse } from './processor-use.ts';
import type { BreakerSample, ServiceSample } from './run-record.ts';

/** Determines the precision of the opening time. */
const breakerIntervalMs = 250;
const serviceIntervalMs = 1_000;
const requestTimeoutMs = 900;

/** The samples of a run, until `stop()`. */
export type Sampling = ReturnType<typeof startSampling>;

/**
 * Samples every replica directly, not through the load balancer, while the load runs.
 *
 * @param beganAt start of the load by `Date.now()`
 * @param generatorPid the process of k6, if it runs on this machine
 */
export function startSampling(system: LocalSystem, beganAt: number, generatorPid: number | undefined) {
  const breakers: BreakerSample[] = [];
  const services: ServiceSample[] = [];
  const customerCalls = new ReplicaCounters();
  /** Of each replica of customer by each replica of account. */
  const ejections = new ReplicaCounters();
  const processorsInUse = generatorPid === undefined ? undefined : processorUse(generatorPid);

  const sampleBreakers = async (): Promise<void> => {
    const atMs = Date.now() - beganAt;
    const states = await Promise.all(
      system.accounts.map(async ({ name, url, pid }) => {
        if (pid === undefined) return [name, 'GONE'] as const;
        const { status, body } = await callReplica(`${url}/actuator/circuitbreakers`, { timeoutMs: requestTimeoutMs });
        if (status !== 200) return undefined;
        const { circuitBreakers } = body as { readonly circuitBreakers: Record<string, { readonly state: string }> };
        return [name, circuitBreakers['customer']?.state ?? 'UNKNOWN'] as const;
      }),
    );
    // A replica that is too busy to respond keeps its previous state.
    const known = states.filter((each) => each !== undefined);
    breakers.push({ atMs, states: { ...breakers.at(-1)?.states, ...Object.fromEntries(known) } });
    breakers.sort((a, b) => a.atMs - b.atMs);
  };
  const sampleServices = async (): Promise<void> => {
    const atMs = Date.now() - beganAt;
    const texts = await Promise.all(
      [...system.accounts, ...system.customers].map(
        async ({ name, url, pid }) => [name, pid === undefined ? undefined : await readMetrics(url)] as const,
      ),
    );
    const waitingCalls: Record<string, number> = { ...services.at(-1)?.waitingCalls };
    const memoryBytes: Record<string, number> = {};
    const eventLoopLagMs: Record<string, number> = {};
    for (const [name, text] of texts) {
      if (text === undefined) continue;
      memoryBytes[name] = sampleValue(text, 'process_resident_memory_bytes');
      eventLoopLagMs[name] = sampleValue(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000;
      if (name.startsWith('customer')) {
        customerCalls.record(name, callsIn(text));
        waitingCalls[name] = sampleValue(text, 'customer_capacity_queue_length');
      } else {
        for (const { name: customer, url } of system.customers)
          ejections.record(`${name} ${customer}`, ejectionsIn(text, url));
      }
    }
    const processors = processorsInUse?.();
    services.push({
      atMs,
      customerCalls: customerCalls.totals,
      waitingCalls,
      ejections: Object.fromEntries(
        system.customers.map(({ name }) => [name, sumOf(ejections.totals, (key) => key.endsWith(` ${name}`))]),
      ),
      memoryBytes,
      eventLoopLagMs,
      ...(processors && { processors }),
    });
    services.sort((a, b) => a.atMs - b.atMs);
  };

  const timers = [
    setInterval(() => void sampleBreakers(), breakerIntervalMs),
    setInterval(() => void sampleServices(), serviceIntervalMs),
  ];
  void sampleServices();
  return {
    breakers,
    services,
    stop: (): void => timers.forEach((timer) => clearInterval(timer)),
  };
}

/** Calls that a customer has received, including those in flight. */
function callsIn(text: string): number {
  const route = { uri: '/customers/{id}' };
  return (
    sumOfSamples(text, 'http_server_requests_seconds_count', route) +
    sumOfSamples(text, 'http_server_requests_active', route)
  );
}

/** How often a pool has ejected an endpoint. */
function ejectionsIn(text: string, url: string): number {
  return sumOfSamples(text, 'breakwater_endpoint_pool_endpoint_ejections_total', { endpoint: new URL(url).host });
}

const sumOf = (counts: Readonly<Record<string, number>>, isCounted: (key: string) => boolean): number =>
  Object.entries(counts).reduce((sum, [key, count]) => sum + (isCounted(key) ? count : 0), 0);

/** Adds up the counters of replicas, which restart at 0 with each new process. */
export class ReplicaCounters {
  readonly #replicas = new Map<string, { last: number; total: number }>();

  /** What each replica has counted, in all its processes. */
  get totals(): Record<string, number> {
    return Object.fromEntries([...this.#replicas].map(([replica, { total }]) => [replica, total]));
  }

  record(replica: string, value: number): void {
    const { last, total } = this.#replicas.get(replica) ?? { last: 0, total: 0 };
    this.#replicas.set(replica, { last: value, total: total + (value < last ? value : value - last) });
  }
}

/** The metrics of a replica as text; undefined without a response in time. */
async function readMetrics(url: string): Promise<string | undefined> {
  const { status, body } = await callReplica(`${url}/metrics`, { timeoutMs: requestTimeoutMs });
  return status === 200 ? String(body) : undefined;
}
