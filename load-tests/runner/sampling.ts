import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { LocalSystem } from '@breakwater/system-runner';
import { sampleValue, sumOfSamples } from '@breakwater/contracts/replicas';
import type { BreakerSample, ServiceSample } from './run-record.ts';

/** Determines the precision of the opening time. */
const breakerIntervalMs = 250;
const serviceIntervalMs = 1_000;
const requestTimeoutMs = 900;

/** Samples every replica directly, not through the load balancer, while the load runs. */
export class Sampling {
  readonly breakers: BreakerSample[] = [];
  readonly services: ServiceSample[] = [];
  readonly #system: LocalSystem;
  readonly #beganAt: number;
  readonly #timers: NodeJS.Timeout[];
  readonly #customerCalls = new ReplicaCounters();
  readonly #processors: ProcessorUse | undefined;

  /**
   * @param beganAt start of the load by `Date.now()`
   * @param generatorPid the process of k6, if it runs on this machine
   */
  constructor(system: LocalSystem, beganAt: number, generatorPid: number | undefined) {
    this.#system = system;
    this.#beganAt = beganAt;
    this.#processors = generatorPid === undefined ? undefined : new ProcessorUse(generatorPid);
    this.#timers = [
      setInterval(() => void this.#sampleBreakers(), breakerIntervalMs),
      setInterval(() => void this.#sampleServices(), serviceIntervalMs),
    ];
    void this.#sampleServices();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #sampleBreakers(): Promise<void> {
    const atMs = Date.now() - this.#beganAt;
    const states = await Promise.all(
      this.#system.accounts.map(async ({ name, url, pid }) => {
        if (pid === undefined) return [name, 'GONE'] as const;
        const text = await get(`${url}/actuator/circuitbreakers`);
        if (text === undefined) return undefined;
        const { circuitBreakers }: { circuitBreakers: Record<string, { state: string }> } = JSON.parse(text);
        return [name, circuitBreakers['customer']?.state ?? 'UNKNOWN'] as const;
      }),
    );
    // A replica that is too busy to respond keeps its previous state.
    const known = states.filter((each) => each !== undefined);
    this.breakers.push({ atMs, states: { ...this.breakers.at(-1)?.states, ...Object.fromEntries(known) } });
    this.breakers.sort((a, b) => a.atMs - b.atMs);
  }

  async #sampleServices(): Promise<void> {
    const atMs = Date.now() - this.#beganAt;
    const replicas = [...this.#system.accounts, ...this.#system.customers];
    const texts = await Promise.all(
      replicas.map(
        async ({ name, url, pid }) => [name, pid === undefined ? undefined : await get(`${url}/metrics`)] as const,
      ),
    );
    const memoryBytes: Record<string, number> = {};
    const eventLoopLagMs: Record<string, number> = {};
    for (const [name, text] of texts) {
      if (text === undefined) continue;
      memoryBytes[name] = sampleValue(text, 'process_resident_memory_bytes');
      eventLoopLagMs[name] = sampleValue(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000;
      if (name.startsWith('customer')) this.#customerCalls.record(name, callsIn(text));
    }
    const processors = this.#processors?.sincePreviousCall();
    const sample = { atMs, customerCalls: this.#customerCalls.total, memoryBytes, eventLoopLagMs };
    this.services.push(processors === undefined ? sample : { ...sample, processors });
    this.services.sort((a, b) => a.atMs - b.atMs);
  }
}

/** Calls that a customer has received, including those in flight. */
function callsIn(text: string): number {
  const route = { uri: '/customers/{id}' };
  return (
    sumOfSamples(text, 'http_server_requests_seconds_count', route) +
    sumOfSamples(text, 'http_server_requests_active', route)
  );
}

/** Sums the counters of replicas, which restart at 0 with each new process. */
export class ReplicaCounters {
  readonly #last = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(replica: string, value: number): void {
    const last = this.#last.get(replica) ?? 0;
    this.#total += value < last ? value : value - last;
    this.#last.set(replica, value);
  }
}

async function get(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMs) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Clock ticks per second in `/proc`, the same on every Linux that Node supports. */
const ticksPerSecond = 100;

/** The number of processors in use by one process and by the whole machine. */
class ProcessorUse {
  readonly #pid: number;
  #last: { at: number; process: number; machine: number } | undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#last = this.#read();
  }

  /** Average since the previous call; undefined when the platform does not report it. */
  sincePreviousCall(): { generator: number; machine: number } | undefined {
    const [last, now] = [this.#last, this.#read()];
    this.#last = now;
    if (last === undefined || now === undefined || now.at <= last.at) return undefined;
    const share = (from: number, to: number) => (to - from) / (now.at - last.at);
    return { generator: share(last.process, now.process), machine: share(last.machine, now.machine) };
  }

  #read() {
    try {
      // The fields after the name, which may contain spaces: the 12th and 13th are user and system time.
      const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      const ticks = Number(fields[11]) + Number(fields[12]);
      const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
      return { at: performance.now(), process: (ticks / ticksPerSecond) * 1_000, machine: busy };
    } catch {
      return undefined;
    }
  }
}
