import { setTimeout as sleep } from 'node:timers/promises';
import { quantity } from '../kustomize/quantity.ts';
import { type Cluster, namespace } from './cluster.ts';
import { isReady, nameOf, type Pod, serves } from './pods.ts';

/** One look at the system. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  /** Ready replicas by service. */
  readonly ready: Readonly<Record<string, number>>;
  /** The replicas of account that its autoscaler wants; and the processor in percent of the request that it sees. */
  readonly desired?: number;
  readonly utilization?: number;
  /** The states of account's circuit breakers for customer, by pod; only while they are watched. */
  readonly breakers?: readonly string[];
}

/** The usage of a pod. */
export interface Usage {
  readonly service: string;
  readonly millicores: number;
  readonly mebibytes: number;
}

const intervalMs = 2_000;
/** As often as metrics-server measures. */
const usageIntervalMs = 15_000;
const accountPort = 3000;

interface Autoscaler {
  readonly status: {
    readonly desiredReplicas?: number;
    readonly currentMetrics?:
      readonly { readonly resource?: { readonly current: { readonly averageUtilization?: number } } }[] | null;
  };
}

interface PodMetrics {
  readonly items: readonly {
    readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
    readonly containers: readonly { readonly usage: { readonly cpu: string; readonly memory: string } }[];
  }[];
}

/** Looks at the system every two seconds, until it is stopped. */
export class Observation {
  readonly samples: Sample[] = [];
  /** Of the pods that served, while there was load. */
  readonly usages: Usage[] = [];
  /** Whether the circuit breakers are read, too: each read is a request to account. */
  watchesBreakers = false;
  /** Whether usage is recorded: only usage under the usual load determines requests. */
  isLoaded = false;
  readonly #cluster: Cluster;
  readonly #startedAt: number;
  #isStopped = false;
  #running: Promise<unknown> = Promise.resolve();
  #usageReadAt = 0;

  /** @param startedAt by `Date.now()` */
  constructor(cluster: Cluster, startedAt: number) {
    this.#cluster = cluster;
    this.#startedAt = startedAt;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const began = Date.now();
      // The API server may be too busy for a moment; the next look follows.
      await this.#look().catch(() => {});
      await sleep(Math.max(0, began + intervalMs - Date.now()));
    }
  }

  async #look(): Promise<void> {
    const at = Math.round((Date.now() - this.#startedAt) / 1_000);
    const [pods, autoscaler] = await Promise.all([
      this.#cluster.pods(),
      this.#cluster
        .get<Autoscaler>(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/account`)
        .catch(() => undefined),
    ]);
    const serving = pods.filter((pod) => serves(pod) && isReady(pod));
    const { desiredReplicas, currentMetrics } = autoscaler?.status ?? {};
    const utilization = currentMetrics?.find(({ resource }) => resource)?.resource?.current.averageUtilization;
    const breakers = this.watchesBreakers ? await breakerStates(this.#cluster, serving) : undefined;
    this.samples.push({
      at,
      ready: Object.fromEntries([...Map.groupBy(serving, nameOf)].map(([name, { length }]) => [name, length])),
      ...(desiredReplicas === undefined ? {} : { desired: desiredReplicas }),
      ...(utilization === undefined ? {} : { utilization }),
      ...(breakers === undefined ? {} : { breakers }),
    });
    if (this.isLoaded && Date.now() - this.#usageReadAt >= usageIntervalMs) {
      this.#usageReadAt = Date.now();
      this.usages.push(...(await readUsages(this.#cluster).catch(() => [])));
    }
  }
}

/** The state of the circuit breaker for customer in each ready replica of account. */
export async function breakerStates(cluster: Cluster, pods: readonly Pod[]): Promise<string[]> {
  const accounts = pods.filter((pod) => nameOf(pod) === 'account' && isReady(pod));
  return Promise.all(
    accounts.map(async ({ metadata }) => {
      const response = await cluster
        .getFromPod<Breakers>(metadata.name, accountPort, '/actuator/circuitbreakers')
        .catch(() => undefined);
      return response?.circuitBreakers['customer']?.state ?? 'UNKNOWN';
    }),
  );
}

interface Breakers {
  readonly circuitBreakers: Readonly<Record<string, { readonly state: string } | undefined>>;
}

/** @throws Error without metrics-server */
export async function readUsages(cluster: Cluster): Promise<Usage[]> {
  const { items } = await cluster.get<PodMetrics>(`/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`);
  return items.map(({ metadata, containers }) => ({
    service: nameOf({ metadata }),
    millicores: sum(containers.map(({ usage }) => quantity(usage.cpu) * 1_000)),
    mebibytes: sum(containers.map(({ usage }) => quantity(usage.memory) / 2 ** 20)),
  }));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
