import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalSystem } from '@breakwater/system-runner';
import { processorMs, residentMiB } from '../runner/processor-use.ts';
import { openPages } from './memory.ts';

export interface WatchingPlan {
  /** Of each of the four phases. */
  readonly seconds: number;
  /** Accounts per second in the phases with load. */
  readonly perSecond: number;
  readonly warmUpSeconds: number;
}

/** What the processes use without a page and with one, at rest and under load. */
export type WatchingCost = Awaited<ReturnType<typeof measureWatching>>;

const services = ['account', 'customer', 'console'] as const;

/** Runs two accounts, two customers and the console, whose pages are clients that only read its stream. */
export async function measureWatching(plan: WatchingPlan, signal: AbortSignal, say: (what: string) => void) {
  const system = await LocalSystem.prepare({ name: 'bench', database: 'own', console: true });
  signal.addEventListener('abort', () => system.kill());
  const replicasOf = (service: string): readonly number[] =>
    [...system.accounts, ...system.customers, ...(system.console ? [system.console] : [])].flatMap(({ name, pid }) =>
      name.startsWith(service) && pid !== undefined ? pid : [],
    );
  const use = () => ({
    at: performance.now(),
    services: services.map((service) => sumOf(replicasOf(service).map((pid) => processorMs(pid) ?? Number.NaN))),
  });
  /** Percent of one processor, and MiB at the end; both of all replicas together. */
  const measure = async (pages: number, perSecond: number) => {
    const stopLoad = openAccounts(system.gatewayUrl, perSecond);
    await sleep(5_000, undefined, { signal });
    const before = use();
    await sleep(plan.seconds * 1_000, undefined, { signal });
    const after = use();
    stopLoad();
    const results = services.map((service, index) => ({
      service,
      percent: ((after.services[index]! - before.services[index]!) / (after.at - before.at)) * 100,
      mib: sumOf(replicasOf(service).map((pid) => residentMiB(pid) ?? Number.NaN)),
    }));
    return { pages, perSecond, services: results };
  };
  try {
    await system.start(signal);
    say('watching: warming up');
    const stopLoad = openAccounts(system.gatewayUrl, plan.perSecond);
    await sleep(plan.warmUpSeconds * 1_000, undefined, { signal });
    stopLoad();
    await sleep(10_000, undefined, { signal });
    const phases = [];
    let closePages = (): void => {};
    for (const pages of [0, 1]) {
      if (pages > 0) closePages = openPages(`${system.gatewayUrl}/console/api/stream`, pages);
      for (const perSecond of [0, plan.perSecond]) {
        say(`watching: ${pages} pages, ${perSecond} accounts/s`);
        phases.push(await measure(pages, perSecond));
        // Long enough for replicas to be at rest again.
        await sleep(10_000, undefined, { signal });
      }
    }
    closePages();
    return { ...plan, phases };
  } finally {
    await system.end();
  }
}

/** Opens accounts evenly. @returns a function that ends it */
function openAccounts(gatewayUrl: string, perSecond: number): () => void {
  if (perSecond === 0) return () => {};
  const timer = setInterval(() => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const body = JSON.stringify({ customerId: 'c-1001', currency: 'EUR' });
    // An account that is not opened costs about as much.
    void fetch(`${gatewayUrl}/accounts`, { method: 'POST', headers, body }).then(
      (response) => response.text(),
      () => '',
    );
  }, 1_000 / perSecond);
  return () => clearInterval(timer);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
