import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { requirePrograms } from '../kustomize/kubernetes-programs.ts';
import { Kubectl } from '../kubectl/kubectl.ts';
import { nameOf, type Pod } from './pods.ts';

/** The namespace of the manifests. */
export const namespace = 'breakwater';
/** The namespace of the pods that send load and look from outside. */
export const clientNamespace = 'breakwater-clients';
/** The only object of the manifests without a namespace. */
export const priorityClass = 'breakwater-serving';

/** A port of a pod or a Service on this machine. */
interface Forwarding {
  readonly port: number;
  readonly close: () => void;
}

/** Any cluster that kubectl knows. */
export class Cluster {
  readonly context: string;
  readonly kubectl: Kubectl;
  readonly #apiUrl: string;
  readonly #proxy: ChildProcessWithoutNullStreams;

  private constructor(context: string, kubectl: Kubectl, apiUrl: string, proxy: ChildProcessWithoutNullStreams) {
    this.context = context;
    this.kubectl = kubectl;
    this.#apiUrl = apiUrl;
    this.#proxy = proxy;
  }

  /** @throws Error without kubectl, without this context, or when the cluster does not respond */
  static async connect(context: string): Promise<Cluster> {
    const { kubectl: program } = requirePrograms(['kubectl']);
    const kubectl = new Kubectl(program, [`--context=${context}`]);
    await kubectl.mustRun(['version', '--request-timeout=10s']);
    // One process for all reads: a process per read would take processor time from what is measured.
    const proxy = kubectl.start(['proxy', '--port=0']);
    const port = await portIn(proxy, /127\.0\.0\.1:(\d+)/);
    return new Cluster(context, kubectl, `http://127.0.0.1:${port}`, proxy);
  }

  /** Reads a path of the API. @throws Error with the response for any other status than a success */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#apiUrl}${path}`, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${path} received ${response.status}: ${text.slice(0, 300)}`);
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  }

  /** Whether there is such an object. */
  async has(kind: string, name: string): Promise<boolean> {
    return (await this.kubectl.mustRun(['get', kind, name, '--ignore-not-found', '--output=name'])).trim() !== '';
  }

  /** The pods of the namespace; of one service or of all. */
  async pods(service?: string): Promise<Pod[]> {
    const { items } = await this.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods`);
    return items.filter((pod) => service === undefined || nameOf(pod) === service);
  }

  /** The response of a pod to a GET request, through the API server. */
  getFromPod<T>(pod: string, port: number, path: string): Promise<T> {
    return this.get<T>(`/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`);
  }

  /** Runs kubectl in the namespace. @throws Error with the errors of kubectl */
  run(...args: readonly string[]): Promise<string> {
    return this.kubectl.mustRun([`--namespace=${namespace}`, ...args]);
  }

  /** Forwards a port of a pod or a Service to a free one of this machine. @param target such as `service/nginx` */
  async forward(target: string, port: number): Promise<Forwarding> {
    const child = this.kubectl.start([`--namespace=${namespace}`, 'port-forward', target, `:${port}`]);
    return { port: await portIn(child, /^Forwarding from 127\.0\.0\.1:(\d+)/), close: () => child.kill() };
  }

  close(): void {
    this.#proxy.kill();
  }
}

/** The port that a command prints. @throws Error with its errors when it ends instead */
function portIn(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface(child.stdout).on('line', (line) => {
    const [, port] = pattern.exec(line) ?? [];
    if (port !== undefined) resolve(Number(port));
  });
  child.once('error', reject);
  child.once('close', () =>
    reject(new Error(`kubectl ${child.spawnargs.slice(2).join(' ')} has ended: ${errors.trim()}`)),
  );
  return promise;
}

/** Waits for a value. @throws Error with the last reason after the time */
export async function until<T>(
  what: string,
  seconds: number,
  read: () => Promise<T | undefined>,
  pauseMs = 500,
): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`);
    await sleep(pauseMs);
  }
}

/** Repeats a check, which throws until its condition holds. @throws its last error after the time */
export async function eventually<T>(seconds: number, check: () => Promise<T>, pauseMs = 1_000): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(pauseMs);
  }
}
