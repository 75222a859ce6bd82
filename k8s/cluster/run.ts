import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sumOfSamples } from '@breakwater/contracts/replicas';
import { settleAndAudit } from '@breakwater/system-runner/ledger';
import { k8sFolder, render } from '../kustomize/kustomize.ts';
import { ofKind, parseManifests, type WorkloadSpec } from '../kustomize/manifest.ts';
import { Clients } from './clients.ts';
import { type Cluster, until } from './cluster.ts';
import type { SentRequest } from './in-pod/open-accounts.ts';
import { Observation } from './observation.ts';
import { isReady, type Pod, serves } from './pods.ts';
import type { Recorder } from './record.ts';
import { faultOf, tallyOf } from './tally.ts';

/** Requests per second. */
const usualRate = 40;

/** The load of a step. */
export interface StepLoad {
  /** Default: the usual rate. */
  readonly perSecond?: number;
  /** The least number of requests. Default: 2,000. */
  readonly atLeast?: number;
  /** Whether the requests without a success are faults. Default: true. */
  readonly mayLoseNothing?: boolean;
}

const secret = (name: string): string => readFileSync(join(k8sFolder, '../compose/secrets', name), 'utf8').trim();

/** A run on a cluster: what the steps share. */
export class Run {
  readonly cluster: Cluster;
  readonly clients: Clients;
  readonly observation: Observation;
  readonly startedAt = Date.now();
  /** The objects of the overlay as YAML documents. */
  readonly manifests: string;
  /** Seconds before autoscalers remove replicas; undefined keeps the committed value. */
  readonly scaleDownSeconds: number | undefined;
  /** All requests of all loads: the audit compares them with the whole ledger. */
  readonly requests: SentRequest[] = [];

  constructor(cluster: Cluster, scaleDownSeconds: number | undefined) {
    this.cluster = cluster;
    this.scaleDownSeconds = scaleDownSeconds;
    this.manifests = render({ overlay: 'local', components: ['network-policies'] });
    const images = ofKind<WorkloadSpec>(parseManifests(this.manifests), 'Deployment').map(({ metadata, spec }) => [
      metadata.name,
      spec.template.spec.containers[0]?.image ?? '',
    ]);
    this.clients = new Clients(cluster, new Map(images as [string, string][]).get('customer')!);
    this.observation = new Observation(cluster, this.startedAt);
  }

  /** Seconds since the start. */
  readonly now = (): number => (Date.now() - this.startedAt) / 1_000;

  /** The pods that serve. */
  async serving(): Promise<Pod[]> {
    return (await this.cluster.pods()).filter((pod) => serves(pod));
  }

  /** Waits until a number of replicas of a service are ready, and no other pod of it is left. */
  async untilReady(service: string, seconds = 120): Promise<Pod[]> {
    return until(`all pods of ${service} are ready`, seconds, async () => {
      const pods = await this.cluster.pods(service);
      const serving = pods.filter((pod) => serves(pod));
      return serving.length >= leastReplicas(service) && serving.every(isReady) ? serving : undefined;
    });
  }

  /** The sum of the samples of a metric of a pod of account. */
  async accountMetric(pod: Pod, name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const metrics = await this.cluster.getFromPod<string>(pod.metadata.name, 3000, '/metrics');
    return sumOfSamples(metrics, name, labels);
  }

  /** Acts while clients open accounts, then compares the ledger with what they received. */
  async underLoad(
    record: Recorder,
    act: () => Promise<void>,
    { perSecond = usualRate, atLeast = 2_000, mayLoseNothing = true }: StepLoad = {},
  ): Promise<readonly SentRequest[]> {
    const sent: SentRequest[] = [];
    const load = this.clients.load(perSecond, atLeast, (request) => {
      sent.push(request);
      this.requests.push(request);
    });
    // More than the usual load is there to exceed the requests, so that replicas are added.
    this.observation.isLoaded = perSecond <= usualRate;
    try {
      await until('the first response', 20, async () => (sent.length > 0 ? true : undefined), 100);
      // The load has its rate before something happens.
      await sleep(2_000);
      await act();
    } finally {
      await load.stop();
      this.observation.isLoaded = false;
      record.load = tallyOf(sent);
    }
    const fault = mayLoseNothing ? faultOf(record.load) : undefined;
    record.expect(fault === undefined, fault ?? '');
    await this.audit(record);
    return sent;
  }

  /** Compares every account in the database with every response. */
  async audit(record: Recorder): Promise<void> {
    const [nginx, postgres] = await Promise.all([
      this.cluster.forward('service/nginx', 80),
      this.cluster.forward('pod/postgres-0', 5432),
    ]);
    try {
      const result = await settleAndAudit(
        {
          gatewayUrl: `http://127.0.0.1:${nginx.port}`,
          databaseUrl: `postgres://postgres:${secret('postgres-password')}@127.0.0.1:${postgres.port}/breakwater`,
        },
        this.requests,
        { isDueAtOnce: true },
      );
      record.note('audited accounts', result.accounts);
      for (const { kind, message } of result.findings.slice(0, 5)) record.faults.push(`ledger: ${kind}: ${message}`);
      record.expect(result.findings.length <= 5, `ledger: ${result.findings.length} findings in total`);
    } finally {
      nginx.close();
      postgres.close();
    }
  }

  /** Sets or removes the faults of every replica of customer. @param faults undefined removes them */
  async setCustomerFaults(faults: object | undefined): Promise<void> {
    const pods = await this.cluster.pods('customer');
    await Promise.all(
      pods.filter((pod) => serves(pod) && isReady(pod)).map((pod) => this.#setFaults(pod.metadata.name, faults)),
    );
  }

  async #setFaults(pod: string, faults: object | undefined): Promise<void> {
    const { port, close } = await this.cluster.forward(`pod/${pod}`, 3001);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/faults`, {
        method: faults === undefined ? 'DELETE' : 'PUT',
        headers: { authorization: `Bearer ${secret('faults-token')}`, 'content-type': 'application/json' },
        ...(faults === undefined ? {} : { body: JSON.stringify(faults) }),
      });
      if (!response.ok) throw new Error(`the faults of ${pod} received ${response.status}: ${await response.text()}`);
    } finally {
      close();
    }
  }
}

/** The console and PostgreSQL are alone; the others have two, so that one may fail. */
export const leastReplicas = (service: string): number => (['console', 'postgres'].includes(service) ? 1 : 2);
