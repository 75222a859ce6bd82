import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { LocalSystem } from '@breakwater/system-runner';
import { sampleValue, sumOfSamples } from '@breakwater/contracts/prometheus-text';
import type { BreakerSample, ServiceSample } from './run-record.ts';

/** Often enough to know when a breaker opened, within a quarter of a second. */
const breakerIntervalMs = 250;
const serviceIntervalMs = 1_000;
const answerWithinMs = 900;

/** Looks at every replica while load is on, beside the load balancer. */
export class Sampling {
  readonly breakers: BreakerSample[] = [];
  readonly services: ServiceSample[] = [];
  readonly #system: LocalSystem;
  readonly #beganAt: number;
  readonly #timers: NodeJS.Timeout[];
  readonly #questions = new ReplicaCounters();
  readonly #processors: ProcessorUse | undefined;

  /**
   * @param beganAt when load began, by `Date.now()`
   * @param generatorPid k6's process, where it is one of this machine's
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
        const text = await ask(`${url}/actuator/circuitbreakers`);
        if (text === undefined) return undefined;
        const { circuitBreakers }: { circuitBreakers: Record<string, { state: string }> } = JSON.parse(text);
        return [name, circuitBreakers['customer']?.state ?? 'UNKNOWN'] as const;
      }),
    );
    // A replica that is too busy to answer has a state all the same: it is the one before.
    const known = states.filter((each) => each !== undefined);
    this.breakers.push({ atMs, states: { ...this.breakers.at(-1)?.states, ...Object.fromEntries(known) } });
    this.breakers.sort((a, b) => a.atMs - b.atMs);
  }

  async #sampleServices(): Promise<void> {
    const atMs = Date.now() - this.#beganAt;
    const replicas = [...this.#system.accounts, ...this.#system.customers];
    const texts = await Promise.all(
      replicas.map(
        async ({ name, url, pid }) => [name, pid === undefined ? undefined : await ask(`${url}/metrics`)] as const,
      ),
    );
    const memoryBytes: Record<string, number> = {};
    const eventLoopLagMs: Record<string, number> = {};
    for (const [name, text] of texts) {
      if (text === undefined) continue;
      memoryBytes[name] = sampleValue(text, 'process_resident_memory_bytes');
      eventLoopLagMs[name] = sampleValue(text, 'nodejs_eventloop_lag_p99_seconds') * 1_000;
      if (name.startsWith('customer')) this.#questions.note(name, questionsIn(text));
    }
    const processors = this.#processors?.sinceLastTime();
    const sample = { atMs, questions: this.#questions.total, memoryBytes, eventLoopLagMs };
    this.services.push(processors === undefined ? sample : { ...sample, processors });
    this.services.sort((a, b) => a.atMs - b.atMs);
  }
}

/** Questions that a customer has got: those that ended, and those under way. */
function questionsIn(text: string): number {
  const route = { uri: '/customers/{id}' };
  return (
    sumOfSamples(text, 'http_server_requests_seconds_count', route) +
    sumOfSamples(text, 'http_server_requests_active', route)
  );
}

/** Adds up counters of replicas that begin again at 0 when their process is another. */
export class ReplicaCounters {
  readonly #last = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  note(replica: string, value: number): void {
    const last = this.#last.get(replica) ?? 0;
    this.#total += value < last ? value : value - last;
    this.#last.set(replica, value);
  }
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
    const text = await answer.text();
    return answer.ok ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Clock ticks a second in `/proc`, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** How many processors are in use, by one process and by the whole machine. */
class ProcessorUse {
  readonly #pid: number;
  #last: { at: number; process: number; machine: number } | undefined;

  constructor(pid: number) {
    this.#pid = pid;
    this.#last = this.#read();
  }

  /** Undefined where the platform does not tell. */
  sinceLastTime(): { generator: number; machine: number } | undefined {
    const [last, now] = [this.#last, this.#read()];
    this.#last = now;
    if (last === undefined || now === undefined || now.at <= last.at) return undefined;
    const share = (from: number, to: number) => (to - from) / (now.at - last.at);
    return { generator: share(last.process, now.process), machine: share(last.machine, now.machine) };
  }

  #read() {
    try {
      // After the name, which may have spaces, come state and numbers; the 12th and 13th are user and system time.
      const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      const ticks = Number(fields[11]) + Number(fields[12]);
      const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
      return { at: performance.now(), process: (ticks / ticksPerSecond) * 1_000, machine: busy };
    } catch {
      return undefined;
    }
  }
}
