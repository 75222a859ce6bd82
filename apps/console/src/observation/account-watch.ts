import { readEventStream } from '@breakwater/resilience/actuator';
import type { AccountReplica, Breaker, Finding, Pending, PolicyEvent } from '../protocol/messages.ts';
import { callReplica, connectionFailure, type ReplicaResponse } from '@breakwater/contracts/replicas';
import type { Watched } from '../replicas/replica-set.ts';
import { policyEventOf } from './policy-event.ts';
import { readSamples } from '@breakwater/contracts/prometheus-text';
import {
  countRequests,
  type RequestCounts,
  requestMetrics,
  requestsBetween,
  type RequestsInTime,
} from './request-counts.ts';

/** A replica that takes longer to say how it is counts as unreachable for this second. */
const patienceMs = 1_000;
const reconnectMs = 1_000;
/** The doctor looks at configuration and slow averages: nobody needs his word every second. */
const secondsBetweenDiagnoses = 5;

const pendingMetric = 'account_pending_verifications';
const oldestMetric = 'account_pending_verification_oldest_seconds';
const metrics: ReadonlySet<string> = new Set([...requestMetrics, pendingMetric, oldestMetric]);

/** What the actuator answers, as far as it is read. */
interface Windows {
  readonly circuitBreakers: Readonly<Record<string, Breaker>>;
}

interface Diagnosis {
  readonly findings: readonly Finding[];
}

/** One replica of account: asked once a second, and listened to all the time. */
export class AccountWatch implements Watched {
  readonly url: string;
  readonly #onEvent: (event: PolicyEvent) => void;
  readonly #stopped = new AbortController();
  #name: string;
  #problem: string | null = 'not asked yet';
  #hasEvents = false;
  #breakers: Readonly<Record<string, Breaker>> = {};
  #findings: readonly Finding[] = [];
  #pending: Pending | null = null;
  #counts: RequestCounts | undefined;
  #requests: RequestsInTime | undefined;
  #countedAt = 0;
  #rounds = 0;

  constructor(url: string, onEvent: (event: PolicyEvent) => void) {
    this.url = url;
    this.#onEvent = onEvent;
    this.#name = new URL(url).host;
    void this.#listen();
  }

  get name(): string {
    return this.#name;
  }

  /** How it is, as far as is known. */
  get replica(): AccountReplica {
    return {
      name: this.#name,
      problem: this.#problem,
      hasEvents: this.#hasEvents,
      breakers: this.#breakers,
      findings: this.#findings,
    };
  }

  /** `null` while the replica does not know, or is not reached. */
  get pending(): Pending | null {
    return this.#problem === null ? this.#pending : null;
  }

  /** What it answered between the last two rounds; `undefined` unless both reached it. */
  get requests(): RequestsInTime | undefined {
    return this.#requests;
  }

  /** Asks it how it is. */
  async poll(): Promise<void> {
    const isTimeForDiagnosis = this.#rounds % secondsBetweenDiagnoses === 0;
    this.#rounds += 1;
    const [windows, metricsText, diagnosis] = await Promise.all([
      this.#get('/actuator/circuitbreakerwindows'),
      this.#get('/metrics'),
      isTimeForDiagnosis ? this.#get('/actuator/doctor') : undefined,
    ]);
    this.#name = windows.instance ?? this.#name;
    this.#problem = problemOf(windows) ?? problemOf(metricsText);
    if (windows.status === 200) this.#breakers = (windows.body as Windows).circuitBreakers;
    if (diagnosis?.status === 200) this.#findings = (diagnosis.body as Diagnosis).findings;
    this.#readMetrics(metricsText);
  }

  stop(): void {
    this.#stopped.abort();
  }

  #get(path: string): Promise<ReplicaResponse> {
    return callReplica(`${this.url}${path}`, { timeoutMs: patienceMs });
  }

  #readMetrics({ status, body, at }: ReplicaResponse): void {
    if (status !== 200) {
      this.#requests = undefined;
      this.#counts = undefined;
      return;
    }
    const samples = readSamples(String(body), metrics);
    const valueOf = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
    const accounts = valueOf(pendingMetric);
    this.#pending = accounts === undefined ? null : { accounts, oldestSeconds: valueOf(oldestMetric) ?? 0 };
    const counts = countRequests(samples);
    const seconds = Math.max(0.001, (at - this.#countedAt) / 1_000);
    this.#requests = this.#counts && { ...requestsBetween(this.#counts, counts), seconds };
    this.#countedAt = at;
    this.#counts = counts;
  }

  /** Reads its events until it is stopped, and begins again where the stream ends. */
  async #listen(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.url}/actuator/events/stream`, { signal });
        if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
        for await (const { kind, data } of readEventStream(response.body)) {
          this.#hasEvents = true;
          if (kind !== 'snapshot' && kind !== 'dropped') this.#tell(data.type, JSON.stringify(data));
        }
      } catch {
        // Whoever polls it tells what is wrong.
      }
      this.#hasEvents = false;
      await new Promise((resolve) => setTimeout(resolve, reconnectMs).unref());
    }
  }

  #tell(type: string, data: string): void {
    const event = policyEventOf(this.#name, type, data);
    if (event !== undefined) this.#onEvent(event);
  }
}

function problemOf({ status, body }: ReplicaResponse): string | null {
  if (status === 200) return null;
  return status === 0 ? connectionFailure(body) : `status ${status}`;
}
