import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalSystem, workspaceRoot } from '@breakwater/system-runner';
import { parse } from 'yaml';
import { residentMiB } from '../runner/processor-use.ts';

export interface MemoryPlan {
  readonly minutes: number;
  /** Accounts per second, which the console opens. */
  readonly perSecond: number;
}

/** The memory of the services under constant load. */
export type MemoryUse = Awaited<ReturnType<typeof measureMemory>>;

const sampleMs = 5_000;
const pages = 2;

/** The services that Kubernetes runs, by the names of their processes. */
const services = { 'account-1': 'account', 'customer-1': 'customer', console: 'console' } as const;

/**
 * Runs one account and one customer, each as loaded as the autoscaler lets a replica be, and the console with two pages. The
 * console opens the accounts, which is the most that it ever does.
 */
export async function measureMemory(
  { minutes, perSecond }: MemoryPlan,
  signal: AbortSignal,
  say: (what: string) => void,
) {
  const system = await LocalSystem.prepare({
    name: 'bench',
    database: 'own',
    accounts: 1,
    customers: 1,
    console: true,
  });
  signal.addEventListener('abort', () => system.kill());
  try {
    await system.start(signal);
    const closePages = openPages(`${system.gatewayUrl}/console/api/stream`, pages);
    const samples: Record<string, number>[] = [];
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      await sendLoad(system.gatewayUrl, perSecond);
      await sleep(sampleMs, undefined, { signal });
      const processes = [...system.accounts, ...system.customers, ...(system.console ? [system.console] : [])];
      samples.push(Object.fromEntries(processes.map(({ name, pid }) => [name, residentMiB(pid ?? 0) ?? Number.NaN])));
      say(`memory: ${Math.round((end - performance.now()) / 1_000)} s left`);
    }
    closePages();
    const use = Object.entries(services).map(([process, app]) => {
      const mib = samples.map((sample) => sample[process]!);
      return { name: app, ...summaryOf(mib), requestedMiB: requestedMiB(app), mib: mib.map(Math.round) };
    });
    return { minutes, perSecond, services: use };
  } finally {
    await system.end();
  }
}

/** Lets the console open accounts for longer than until the next sample. A plan that runs is replaced. */
async function sendLoad(gatewayUrl: string, perSecond: number): Promise<void> {
  const { status } = await fetch(`${gatewayUrl}/console/api/load`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ startRate: perSecond, stages: [{ rate: perSecond, seconds: 60 }] }),
  });
  if (status !== 200) throw new Error(`the console did not start its load: ${status}`);
}

/** Reads the stream of the console like open pages. @returns a function that closes them */
export function openPages(url: string, pages: number): () => void {
  const closed = new AbortController();
  const read = async (): Promise<void> => {
    const { body } = await fetch(url, { signal: closed.signal });
    for await (const _ of body ?? []);
  };
  for (let page = 0; page < pages; page += 1) read().catch(() => {});
  return () => closed.abort();
}

/** @param mib the memory at equal intervals, in MiB */
export function summaryOf(mib: readonly number[]) {
  const third = Math.floor(mib.length / 3);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    firstMiB: mib[0] ?? Number.NaN,
    maxMiB: Math.max(...mib),
    /** The last third in multiples of the second; in the first a process is still warming up. */
    growth: mean(mib.slice(-third)) / mean(mib.slice(-2 * third, -third)),
  };
}

/** What the service requests in Kubernetes, in MiB. */
export function requestedMiB(app: string): number {
  const deployment = parse(readFileSync(path.join(workspaceRoot, `k8s/base/${app}/deployment.yaml`), 'utf8')) as {
    spec: { template: { spec: { containers: { resources: { requests: { memory: string } } }[] } } };
  };
  const { memory } = deployment.spec.template.spec.containers[0]!.resources.requests;
  const mib = /^(\d+)Mi$/.exec(memory)?.[1];
  if (mib === undefined) throw new Error(`${app} requests ${memory}, which is not in Mi`);
  return Number(mib);
}
