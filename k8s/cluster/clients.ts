import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { clientNamespace, type Cluster, namespace, until } from './cluster.ts';
import type { ConnectionResult } from './in-pod/connect.ts';
import type { SentRequest } from './in-pod/open-accounts.ts';
import type { Pulse } from './in-pod/signal.ts';
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

const nodeOf = ({ spec }: Pod): string => spec?.nodeName ?? '';

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
  load(perSecond: number, atLeast: number, report: (request: SentRequest) => void): RunningProgram {
    const url = `http://nginx.${namespace}.svc.cluster.local`;
    const args = [`--url=${url}`, `--rate=${perSecond}`, `--requests=${atLeast}`];
    return this.#start('load', 'open-accounts.ts', args, (line) => report(JSON.parse(line) as SentRequest));
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
    const agent = await this.#agentOn(nodeOf(pod));
    await this.#exec(clientNamespace, agent, 'signal.ts', [`--signal=${signal}`, containerIdOf(pod)]);
  }

  /**
   * Stops and continues the processes of pods in turns, from pods like those of `signal`, until it is stopped.
   *
   * @throws Error when the cluster does not allow such pods
   */
  async pulse(pods: readonly Pod[], { stoppedMs, runningMs }: Pulse): Promise<RunningProgram> {
    const agents = new Map<string, readonly Pod[]>();
    for (const [node, onNode] of Map.groupBy(pods, nodeOf)) agents.set(await this.#agentOn(node), onNode);
    const programs = [...agents].map(([agent, onNode]) =>
      this.#start(agent, 'signal.ts', [
        `--stopped=${stoppedMs}`,
        `--running=${runningMs}`,
        ...onNode.map(containerIdOf),
      ]),
    );
    return { stop: async () => void (await Promise.all(programs.map(({ stop }) => stop()))) };
  }

  /** The pod that sees the processes of a node; it is started for the first signal. */
  async #agentOn(node: string): Promise<string> {
    const known = this.#agents.get(node);
    if (known !== undefined) return known;
    const agent = `node-agent-${this.#agents.size + 1}`;
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
    return agent;
  }

  /** Starts a program in a pod of the client namespace; the end of its standard input ends it. */
  #start(
    pod: string,
    program: string,
    args: readonly string[],
    report: (line: string) => void = () => {},
  ): RunningProgram {
    const child = this.#cluster.kubectl.start([
      `--namespace=${clientNamespace}`,
      'exec',
      '--stdin',
      pod,
      '--',
      ...nodeCommand(program, args),
    ]);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    createInterface(child.stdout).on('line', report);
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`${program} has ended with ${code}: ${errors.trim()}`)),
      );
    });
    ended.catch(() => {});
    // The program may have ended.
    child.stdin.on('error', () => {});
    return {
      stop: async () => {
        child.stdin.end();
        await ended;
      },
    };
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

/** A program that runs in a pod. */
export interface RunningProgram {
  /** Resolves when it has ended: a load when each request has a result. @throws Error when it has failed */
  readonly stop: () => Promise<void>;
}
