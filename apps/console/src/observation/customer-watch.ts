import type { CustomerReplica } from '../protocol/messages.ts';
import { callReplica } from '@breakwater/contracts/replicas';
import type { Watched } from '../replicas/replica-set.ts';
import { readSamples } from '@breakwater/contracts/prometheus-text';

const patienceMs = 1_000;

const activeMetric = 'customer_faults_active';
const injectedMetric = 'customer_faults_injected_total';
const latencyMetric = 'customer_fault_latency_seconds';
const metrics: ReadonlySet<string> = new Set([activeMetric, injectedMetric, latencyMetric]);

/** One replica of customer. Its metrics tell of its faults, which takes no token. */
export class CustomerWatch implements Watched {
  readonly url: string;
  #replica: CustomerReplica;
  #injected: number | undefined;

  constructor(url: string) {
    this.url = url;
    this.#replica = {
      name: new URL(url).host,
      problem: 'not asked yet',
      activeFaults: [],
      struckPerSecond: 0,
      latencySeconds: null,
    };
  }

  get replica(): CustomerReplica {
    return this.#replica;
  }

  /** Asks it how it is. */
  async poll(): Promise<void> {
    const { status, instance, body } = await callReplica(`${this.url}/metrics`, { timeoutMs: patienceMs });
    const name = instance ?? this.#replica.name;
    if (status !== 200) {
      const problem = status === 0 ? String(body) : `status ${status}`;
      this.#replica = { ...this.#replica, name, problem, struckPerSecond: 0 };
      this.#injected = undefined;
      return;
    }
    const samples = readSamples(String(body), metrics);
    const valuesOf = (metric: string) => samples.filter((sample) => sample.name === metric);
    const injected = valuesOf(injectedMetric).reduce((sum, { value }) => sum + value, 0);
    this.#replica = {
      name,
      problem: null,
      activeFaults: valuesOf(activeMetric).flatMap(({ labels, value }) => (value > 0 ? [labels['fault'] ?? ''] : [])),
      struckPerSecond: Math.max(0, injected - (this.#injected ?? injected)),
      latencySeconds: valuesOf(latencyMetric).find(({ labels }) => labels['quantile'] === '0.5')?.value ?? null,
    };
    this.#injected = injected;
  }

  stop(): void {}
}
