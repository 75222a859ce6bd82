import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment, freePorts, SupervisedProcess } from '@breakwater/system-runner';
import { stringify } from 'yaml';
import { findKubernetesProgram, requirePrograms } from '../kustomize/kubernetes-programs.ts';
import { type CommandResult, Kubectl } from '../kubectl/kubectl.ts';
import { ApiServer } from './api-server.ts';

const startUpLimitMs = 120_000;
/** A real API server with its database, on loopback and in a temporary folder that is removed at the end. */
export class ControlPlane {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly api: ApiServer;
  readonly #kubectl: Kubectl;
  readonly #processes: SupervisedProcess[] = [];

  private constructor(folder: string, api: ApiServer, kubectl: string) {
    this.folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    this.api = api;
    this.#kubectl = new Kubectl(kubectl, [`--kubeconfig=${this.kubeconfig}`]);
  }

  /** @throws Error with the name of a missing program, or with the log of one that ended */
  static async start(): Promise<ControlPlane> {
    const programs = requirePrograms(['etcd', 'kube-apiserver', 'kubectl']);
    const folder = await mkdtemp(join(tmpdir(), 'breakwater-control-plane-'));
    const [etcdPort, etcdPeerPort, apiPort] = (await freePorts(3)) as [number, number, number];
    const token = randomBytes(24).toString('base64url');
    const certificate = join(folder, 'apiserver.crt');
    const api = new ApiServer(`https://127.0.0.1:${apiPort}`, token, certificate);
    const plane = new ControlPlane(folder, api, programs.kubectl);
    try {
      await plane.#writeFiles(token, certificate);
      plane.run(programs.etcd, [
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
        `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
        `--listen-peer-urls=http://127.0.0.1:${etcdPeerPort}`,
        // The data is not needed after the run.
        '--unsafe-no-fsync',
      ]);
      plane.run(programs['kube-apiserver'], [
        `--etcd-servers=http://127.0.0.1:${etcdPort}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${apiPort}`,
        `--cert-dir=${folder}`,
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        '--authorization-mode=RBAC',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${join(folder, 'service-accounts.key')}`,
        `--service-account-signing-key-file=${join(folder, 'service-accounts.key')}`,
        '--service-cluster-ip-range=10.96.0.0/16',
        '--endpoint-reconciler-type=none',
        // Otherwise the server itself would refuse a privileged pod, and not the namespace's policy.
        '--allow-privileged=true',
      ]);
      await plane.#untilReady();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** Starts another program of the control plane, which is stopped with it. */
  run(program: string, args: readonly string[]): SupervisedProcess {
    const name = basename(program);
    const started = new SupervisedProcess({
      name,
      command: program,
      args,
      cwd: this.folder,
      logFile: join(this.folder, `${name}.log`),
      // Streamed lists need etcd 3.4.25; Debian's is older.
      env: childEnvironment({ KUBE_FEATURE_WatchListClient: 'false' }),
    });
    this.#processes.push(started);
    return started;
  }

  /** The path of an optional program. @throws Error with instructions when it is missing */
  static locate(name: string): string {
    return findKubernetesProgram(name) ?? requirePrograms([name])[name]!;
  }

  /** @param input standard input, for `-f -` */
  kubectl(args: readonly string[], input?: string): Promise<CommandResult> {
    return this.#kubectl.run(args, input);
  }

  /** The same, for a command that must succeed. @throws Error with the errors of kubectl */
  async mustRun(args: readonly string[], input?: string): Promise<void> {
    await this.#kubectl.mustRun(args, input);
  }

  /** @throws Error with the end of its log when a program has ended */
  checkProcesses(): void {
    const ended = this.#processes.find(({ exit }) => exit !== undefined);
    if (ended !== undefined) throw new Error(`${ended.name} has ended. The end of its log:\n${endOfLog(ended)}`);
  }

  /** Stops all processes in the reverse order of their start, and removes the folder. */
  async stop(): Promise<void> {
    for (const process of this.#processes.toReversed()) await process.stop(15_000);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Stops everything and ends this program on Ctrl-C or when it is terminated. */
  stopOnSignals(): void {
    const stop = (): void => void this.stop().then(() => process.exit(130));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + startUpLimitMs;
    for (let reason = await this.api.whyNotReady(); reason !== undefined; reason = await this.api.whyNotReady()) {
      this.checkProcesses();
      if (performance.now() > deadline) {
        throw new Error(
          `The API server is not ready after ${startUpLimitMs / 1_000} s: ${reason}. The end of its log:\n` +
            endOfLog(this.#processes.at(-1)!),
        );
      }
      await sleep(250);
    }
  }

  async #writeFiles(token: string, certificate: string): Promise<void> {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writeFile(join(this.folder, 'service-accounts.key'), privateKey, { mode: 0o600 });
    await writeFile(join(this.folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'local', cluster: { server: this.api.url, 'certificate-authority': certificate } }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin' } }],
      'current-context': 'local',
    };
    await writeFile(this.kubeconfig, stringify(kubeconfig), { mode: 0o600 });
  }
}

function endOfLog({ logFile }: SupervisedProcess): string {
  return readFileSync(logFile, 'utf8').slice(-3_000);
}
