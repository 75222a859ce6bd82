import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { clientNamespace, type Cluster, namespace, until } from './cluster.ts';
import type { ConnectionResult } from './in-pod/connect.ts';
import type { SentRequest } from './in-pod/open-accounts.ts';
import { containerIdOf, isReady, nameLabel, type Pod, problemOf } from './pods.ts';

const programs = ['open-accounts.ts', 'connect.ts', 'signal.ts'];
/** With this ending Node takes them as modules wherever they are. */
const inPod = (program: string): string => `/programs/${basename(program, '.ts')}.mts`;

const nodeCommand = (program: string, args: readonly string[]): string[] => [
  'node',
  '--no-warnings',
  inPod(program),
  ...args,
];

/** Clients in the cluster: pods with an image that the nodes have anyway, in which the programs of `in-pod` run. */
export class Clients {
  readonly #cluster: Cluster;
  readonly #image: string;
  readonly #agents = new Map<string, string>();

  /** @param image an image with Node.js: that of customer */
  constructor(cluster: Cluster, image: string) {
    this.#cluster = cluster;
    this.#image = image;
  }

  /** Starts the pod that sends load, in its own namespace. */
  async start(): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    await this.#apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: clientNamespace, labels } },
      this.#programs(clientNamespace),
      this.#pod(clientNamespace, 'load'),
    ]);
    await this.#ready(clientNamespace, 'load');
  }

  /** Sends load until it is stopped. */
  load(perSecond: number, atLeast: number, report: (request: SentRequest) => void): RunningLoad {
    const url = `http://nginx.${namespace}.svc.cluster.local`;
    const args = [`--url=${url}`, `--rate=${perSecond}`, `--requests=${atLeast}`];
    const child = this.#cluster.kubectl.start([
      `--namespace=${clientNamespace}`,
      'exec',
      '--stdin',
      'load',
      '--',
      ...nodeCommand('open-accounts.ts', args),
    ]);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const lines = createInterface(child.stdout);
    lines.on('line', (line) => report(JSON.parse(line) as SentRequest));
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`the load has ended with ${code}: ${errors.trim()}`)),
      );
    });
    ended.catch(() => {});
    return {
      stop: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }

  /**
   * Tries to connect from a new pod without the labels that policies select. Networks apply policies to a new pod a little
   * later than it starts, so it tries for some seconds until the results are as expected.
   *
   * @returns the last results
   */
  async connectFrom(
    from: { readonly namespace: string; readonly name: string },
    targets: readonly string[],
    isExpected: (results: ConnectionResults) => boolean,
  ): Promise<ConnectionResults> {
    await this.#apply([
      ...(from.namespace === clientNamespace ? [] : [this.#programs(from.namespace)]),
      this.#pod(from.namespace, from.name),
    ]);
    await this.#ready(from.namespace, from.name);
    let results: ConnectionResults = {};
    for (let attempt = 1; attempt <= 5 && (attempt === 1 || !isExpected(results)); attempt += 1) {
      if (attempt > 1) await sleep(2_000);
      results = JSON.parse(await this.#exec(from.namespace, from.name, 'connect.ts', targets)) as ConnectionResults;
    }
    await this.#cluster.kubectl.mustRun([`--namespace=${from.namespace}`, 'delete', 'pod', from.name, '--now']);
    return results;
  }

  /** Allows a pod of the client namespace no connection at all. */
  async isolate(name: string): Promise<void> {
    await this.#apply([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name, namespace: clientNamespace },
        spec: { podSelector: { matchLabels: { [nameLabel]: name } }, policyTypes: ['Egress'] },
      },
    ]);
  }

  /**
   * Sends a signal to the processes of a pod, from a pod that sees those of its node.
   *
   * @throws Error when the cluster does not allow such a pod
   */
  async signal(pod: Pod, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const node = pod.spec?.nodeName ?? '';
    const agent = this.#agents.get(node) ?? `node-agent-${this.#agents.size + 1}`;
    if (!this.#agents.has(node)) {
      const { metadata, spec, ...rest } = this.#pod(clientNamespace, agent);
      await this.#apply([
        {
          ...rest,
          metadata,
          spec: {
            ...spec,
            nodeName: node,
            hostPID: true,
            tolerations: [{ operator: 'Exists' }],
            securityContext: { runAsUser: 0 },
            containers: spec.containers.map((container) => ({ ...container, securityContext: {} })),
          },
        },
      ]);
      await this.#ready(clientNamespace, agent);
      this.#agents.set(node, agent);
    }
    const count = await this.#exec(clientNamespace, agent, 'signal.ts', [signal, containerIdOf(pod)]);
    if (count === '0') throw new Error(`node ${node} has no process of pod ${pod.metadata.name}`);
  }

  #exec(namespace: string, pod: string, program: string, args: readonly string[]): Promise<string> {
    return this.#cluster.kubectl.mustRun([
      `--namespace=${namespace}`,
      'exec',
      pod,
      '--',
      ...nodeCommand(program, args),
    ]);
  }

  async #apply(objects: readonly object[]): Promise<void> {
    await this.#cluster.kubectl.mustRun(
      ['apply', '--server-side', '-f', '-'],
      objects.map((each) => stringify(each)).join('---\n'),
    );
  }

  async #ready(namespace: string, name: string): Promise<void> {
    await until(`pod ${name} is ready`, 60, async () => {
      const pod = await this.#cluster.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
      const problem = problemOf(pod);
      if (problem !== undefined) throw new Error(problem);
      return isReady(pod) ? true : undefined;
    });
  }

  #programs(namespace: string) {
    const sources = programs.map((name) => [
      basename(inPod(name)),
      readFileSync(join(import.meta.dirname, 'in-pod', name), 'utf8'),
    ]);
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'client-programs', namespace },
      data: Object.fromEntries(sources),
    };
  }

  /** A pod that waits for programs, as restricted as the namespace of the system demands. */
  #pod(namespace: string, name: string) {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { [nameLabel]: name } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'node',
            image: this.#image,
            command: ['node', '-e', 'setInterval(() => {}, 60_000)'],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            resources: { requests: { cpu: '10m', memory: '64Mi' } },
            volumeMounts: [{ name: 'programs', mountPath: '/programs', readOnly: true }],
          },
        ],
        volumes: [{ name: 'programs', configMap: { name: 'client-programs' } }],
      },
    };
  }
}

/** Results by target. */
export type ConnectionResults = Readonly<Record<string, ConnectionResult>>;

/** A load that runs. */
export interface RunningLoad {
  /** Resolves when each request has a result. @throws Error when the program has failed */
  readonly stop: () => Promise<void>;
}
