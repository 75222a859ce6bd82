import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { LocalSystem } from '@breakwater/system-runner';
import { callReplica, sampleValue, sumOfSamples } from '@breakwater/contracts/replicas';
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
    const memoryBytes: Record<string, number> = {};
    const eventLoopLagMs: Record<string, number> = {};
    for (const [name, text] of texts) {
      if (text === undefined) continue;
      memoryBytes[name] = sampleValue(text, 'process_resident_memory_bytes');
      eventLoopLagMs[name] = sampleValue(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000;
      if (name.startsWith('customer')) customerCalls.record(name, callsIn(text));
      else {
        for (const { name: customer, url } of system.customers)
          ejections.record(`${name} ${customer}`, ejectionsIn(text, url));
      }
    }
    const processors = processorsInUse?.();
    services.push({
      atMs,
      customerCalls: customerCalls.totals,
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

/**
 * Measures the number of processors in use by one process and by the whole machine. Each call returns the average since
 * the previous one; undefined when the platform does not report it.
 */
function processorUse(pid: number): () => { generator: number; machine: number } | undefined {
  const read = () => ({
    at: performance.now(),
    generator: processorMs(pid),
    machine: cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
  });
  let last = read();
  return () => {
    const [before, now] = [last, read()];
    last = now;
    const elapsed = now.at - before.at;
    if (before.generator === undefined || now.generator === undefined || elapsed <= 0) return undefined;
    return {
      generator: (now.generator - before.generator) / elapsed,
      machine: (now.machine - before.machine) / elapsed,
    };
  };
}

/**
 * The processor time of all threads of a process, in milliseconds. Linux counts it in nanoseconds (`schedstat`),
 * and reading it costs the process nothing.
 *
 * @returns undefined where the platform does not report it
 */
export function processorMs(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanos = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    );
    return nanos.reduce((sum, each) => sum + each, 0) / 1e6;
  } catch {
    return undefined;
  }
}

/** The memory that a process holds (RSS), in MiB. @returns undefined where the platform does not report it */
export function residentMiB(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}
