import { callReplica, readSamples, type ReplicaResponse } from '@breakwater/contracts/replicas';
import {
  type CircuitBreakerWindowsResponse,
  readEventStream,
  type StateName,
  type StreamMessage,
} from '@breakwater/resilience/actuator';
import type { AccountReplica, Breaker, CustomerReplica, Finding, Pending, Pool } from '../protocol/messages.ts';
import { type EventBatch, policyEvent } from './events.ts';
import {
  countRequests,
  type IntervalCounts,
  type RequestCounts,
  requestMetrics,
  requestsBetween,
  trafficOf,
} from './traffic.ts';

const readTimeoutMs = 1_000;
const reconnectMs = 1_000;
/** The findings of the doctor change only with the configuration and with averages. */
const readsBetweenDiagnoses = 5;

const pendingMetric = 'account_pending_verifications';
const oldestMetric = 'account_pending_verification_oldest_seconds';
const accountMetrics: ReadonlySet<string> = new Set([...requestMetrics, pendingMetric, oldestMetric]);

const activeMetric = 'customer_faults_active';
const injectedMetric = 'customer_faults_injected_total';
const latencyMetric = 'customer_fault_latency_seconds';
const customerMetrics: ReadonlySet<string> = new Set([activeMetric, injectedMetric, latencyMetric]);

export interface ReplicaMonitor {
  stop(): void;
}

export interface AccountMonitorOptions {
  /** Receives what the replica streams. */
  readonly batch: EventBatch;
  /** Called with each message of the stream, and when the stream ends: what is not an event may have changed. */
  readonly onActivity: () => void;
}

/** Monitors one replica of account: streams its events, and reads what is not an event (windows, rates, counts). */
export class AccountMonitor implements ReplicaMonitor {
  readonly url: string;
  readonly #batch: EventBatch;
  readonly #onActivity: () => void;
  #following: AbortController | undefined;
  readonly #states = new Map<string, StateName>();
  #name: string;
  #problem: string | null = 'not read yet';
  #hasEvents = false;
  #breakers: Readonly<Record<string, Breaker>> = {};
  #pools: Readonly<Record<string, Pool>> = {};
  #findings: readonly Finding[] = [];
  #pending: Pending | null = null;
  #counts: RequestCounts | undefined;
  #countedAt = 0;
  #traffic: IntervalCounts | undefined;
  #reads = 0;
  #readAt = -Infinity;

  constructor(url: string, { batch, onActivity }: AccountMonitorOptions) {
    this.url = url;
    this.#batch = batch;
    this.#onActivity = onActivity;
    this.#name = new URL(url).host;
  }

  get replica(): AccountReplica {
    const age = performance.now() - this.#readAt;
    return {
      name: this.#name,
      problem: this.#problem,
      hasEvents: this.#hasEvents,
      breakers: mapValues(this.#breakers, (breaker) => ({ ...breaker, remainingMs: less(breaker.remainingMs, age) })),
      pools: mapValues(this.#pools, (pool) => ({
        ...pool,
        endpoints: mapValues(pool.endpoints, (endpoint) => ({
          ...endpoint,
          remainingEjectionMs: less(endpoint.remainingEjectionMs, age),
        })),
      })),
      findings: this.#findings,
      traffic: this.#traffic === undefined ? null : trafficOf([this.#traffic]),
    };
  }

  /** When the replica was last read, on a monotonic clock in milliseconds. */
  get readAt(): number {
    return this.#readAt;
  }

  /** `null` while the replica is unreachable or does not report it. */
  get pending(): Pending | null {
    return this.#problem === null ? this.#pending : null;
  }

  /** The requests between the last two reads; `undefined` unless both succeeded. */
  get traffic(): IntervalCounts | undefined {
    return this.#traffic;
  }

  /** Follows the events of the replica until `stop`. */
  follow(): void {
    if (this.#following !== undefined) return;
    this.#following = new AbortController();
    void this.#followEvents(this.#following.signal);
  }

  async read(): Promise<void> {
    const isDiagnosisDue = this.#reads % readsBetweenDiagnoses === 0;
    this.#reads += 1;
    this.#readAt = performance.now();
    const [windows, pools, metricsText, diagnosis] = await Promise.all([
      this.#get('/actuator/circuitbreakerwindows'),
      this.#get('/actuator/endpointpools'),
      this.#get('/metrics'),
      isDiagnosisDue ? this.#get('/actuator/doctor') : undefined,
    ]);
    this.#rename(windows.instance);
    this.#problem = problemOf(windows) ?? problemOf(metricsText);
    if (this.#problem !== null) this.#forgetStates();
    if (windows.status === 200) this.#readWindows(windows.body as CircuitBreakerWindowsResponse);
    if (pools.status === 200)
      this.#pools = (pools.body as { readonly endpointPools: Readonly<Record<string, Pool>> }).endpointPools;
    if (diagnosis?.status === 200)
      this.#findings = (diagnosis.body as { readonly findings: readonly Finding[] }).findings;
    this.#readMetrics(metricsText);
  }

  /** From here on, the states of the circuit breakers are unknown. */
  stop(): void {
    this.#following?.abort();
    this.#following = undefined;
    this.#forgetStates();
  }

  #get(path: string): Promise<ReplicaResponse> {
    return callReplica(`${this.url}${path}`, { timeoutMs: readTimeoutMs });
  }

  /** Another instance at the same address has circuit breakers of its own. */
  #rename(instance: string | null | undefined): void {
    const name = instance ?? this.#name;
    if (name !== this.#name) this.#forgetStates();
    this.#name = name;
  }

  #readWindows({ circuitBreakers }: CircuitBreakerWindowsResponse): void {
    this.#breakers = circuitBreakers;
    // The stream reports circuit breakers that are created later only when they change their state.
    for (const [breaker, { state }] of Object.entries(circuitBreakers)) {
      if (!this.#states.has(breaker)) this.#setState(breaker, state);
    }
  }

  #readMetrics({ status, body, at }: ReplicaResponse): void {
    if (status !== 200) {
      this.#traffic = undefined;
      this.#counts = undefined;
      return;
    }
    const samples = readSamples(String(body), accountMetrics);
    const valueOf = (name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
    const accounts = valueOf(pendingMetric);
    this.#pending = accounts === undefined ? null : { accounts, oldestSeconds: valueOf(oldestMetric) ?? 0 };
    const counts = countRequests(samples);
    const seconds = Math.max(0.001, (at - this.#countedAt) / 1_000);
    this.#traffic = this.#counts && { ...requestsBetween(this.#counts, counts), seconds };
    this.#countedAt = at;
    this.#counts = counts;
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.url}/actuator/events/stream`, { signal });
        if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
        this.#rename(response.headers.get('x-instance'));
        for await (const message of readEventStream(response.body)) {
          if (signal.aborted) return;
          this.#hasEvents = true;
          this.#receive(message);
          // Dropped events may include transitions: the snapshot of a new connection has the present states.
          if (message.kind === 'dropped') break;
        }
      } catch {
        // The next read reports why the replica is unreachable.
      }
      this.#hasEvents = false;
      if (signal.aborted) return;
      this.#onActivity();
      await new Promise((resolve) => setTimeout(resolve, reconnectMs).unref());
    }
  }

  #receive(message: StreamMessage): void {
    const { kind, data } = message;
    this.#onActivity();
    if (kind === 'snapshot') {
      for (const [breaker, { state }] of Object.entries(data.circuitBreakers ?? {})) this.#setState(breaker, state);
    } else if (kind === 'dropped') {
      const detail = `${data.count} events were dropped`;
      this.#batch.addEvent({ at: Date.now(), replica: this.#name, policy: 'stream', name: '', type: kind, detail });
    } else {
      this.#batch.addEvent(policyEvent(this.#name, message));
      if (kind === 'transition') this.#setState(data.name, data.transition.to);
    }
  }

  #setState(breaker: string, state: StateName): void {
    if (this.#states.get(breaker) === state) return;
    this.#states.set(breaker, state);
    this.#batch.addStateChange({ at: Date.now(), replica: this.#name, breaker, state });
  }

  #forgetStates(): void {
    for (const breaker of this.#states.keys()) {
      this.#batch.addStateChange({ at: Date.now(), replica: this.#name, breaker, state: null });
    }
    this.#states.clear();
  }
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

const less = (remainingMs: number | null, ms: number): number | null =>
  remainingMs === null ? null : Math.max(0, remainingMs - ms);

/** Monitors the faults of one replica of customer by its metrics, which need no token. */
export class CustomerMonitor implements ReplicaMonitor {
  readonly url: string;
  #replica: CustomerReplica;
  #injected: number | undefined;
  #readAt = -Infinity;

  constructor(url: string) {
    this.url = url;
    this.#replica = {
      name: new URL(url).host,
      address: new URL(url).host,
      problem: 'not read yet',
      activeFaults: [],
      injectedPerSecond: 0,
      latencySeconds: null,
    };
  }

  get replica(): CustomerReplica {
    return this.#replica;
  }

  /** When the replica was last read, on a monotonic clock in milliseconds. */
  get readAt(): number {
    return this.#readAt;
  }

  async read(): Promise<void> {
    const seconds = Math.max(0.001, (performance.now() - this.#readAt) / 1_000);
    this.#readAt = performance.now();
    const response = await callReplica(`${this.url}/metrics`, { timeoutMs: readTimeoutMs });
    const name = response.instance ?? this.#replica.name;
    const problem = problemOf(response);
    if (problem !== null) {
      this.#replica = { ...this.#replica, name, problem, injectedPerSecond: 0 };
      this.#injected = undefined;
      return;
    }
    const samples = readSamples(String(response.body), customerMetrics);
    const named = (metric: string) => samples.filter((sample) => sample.name === metric);
    const injected = named(injectedMetric).reduce((sum, { value }) => sum + value, 0);
    this.#replica = {
      ...this.#replica,
      name,
      problem,
      activeFaults: named(activeMetric).flatMap(({ labels, value }) => (value > 0 ? [labels['fault'] ?? ''] : [])),
      injectedPerSecond: Math.max(0, injected - (this.#injected ?? injected)) / seconds,
      latencySeconds: named(latencyMetric).find(({ labels }) => labels['quantile'] === '0.5')?.value ?? null,
    };
    this.#injected = injected;
  }

  stop(): void {}
}

function problemOf({ status, body }: ReplicaResponse): string | null {
  if (status === 200) return null;
  return status === 0 ? String(body) : `status ${status}`;
}
