import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleValue } from '@breakwater/contracts/replicas';
import { LocalSystem } from '@breakwater/system-runner';

/**
 * `npm run capacity -w k8s`: measures on this machine what opening an account costs each service, with one account,
 * one customer that takes 50 ms, no gateway and a real PostgreSQL. docs/scaling.md uses the result.
 */
const [warmUpSeconds, seconds] = [10, 20];
const rates = [20, 40];
/** One process sends all of the load, so it is one client. */
const oneClient = { CLIENT_RATE_LIMIT: '0', MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0' };

const system = await LocalSystem.prepare({
  name: 'capacity',
  accounts: 1,
  customers: 1,
  gateway: 'node',
  env: { account: oneClient, customer: { CUSTOMER_LATENCY: '50ms', ...oneClient } },
});
try {
  await system.start();
  const [account, customer] = [system.accounts[0]!.url, system.customers[0]!.url];
  await load(account, rates[0]!, warmUpSeconds);
  for (const rate of rates) {
    const before = await Promise.all([usageOf(account), usageOf(customer)]);
    const { opened, milliseconds } = await load(account, rate, seconds);
    const after = await Promise.all([usageOf(account), usageOf(customer)]);
    const [ofAccount, ofCustomer] = [usageBetween(before[0], after[0]), usageBetween(before[1], after[1])];
    process.stdout.write(
      `${rate}/s: ${opened} opened, ${milliseconds.toFixed(1)} ms each; ${inWords('account', ofAccount, opened)}; ${inWords('customer', ofCustomer, opened)}\n`,
    );
  }
} finally {
  await system.end();
}

/** Opens accounts at a constant rate, independent of the durations of responses. */
async function load(
  url: string,
  perSecond: number,
  seconds: number,
): Promise<{ opened: number; milliseconds: number }> {
  const opened: Promise<number>[] = [];
  const start = performance.now();
  for (let count = 0; count < perSecond * seconds; count += 1) {
    const late = performance.now() - start - (count * 1_000) / perSecond;
    if (late < 0) await sleep(-late);
    opened.push(openAccount(url));
  }
  const took = await Promise.all(opened);
  return { opened: took.length, milliseconds: took.reduce((sum, each) => sum + each, 0) / took.length };
}

/** @returns the duration in milliseconds */
async function openAccount(url: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(`${url}/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`POST /accounts received ${response.status}: ${text}`);
  return performance.now() - start;
}

function inWords(service: string, { cpuSeconds, residentMiB }: Usage, requests: number): string {
  return `${service} ${((cpuSeconds * 1_000) / requests).toFixed(2)} ms of CPU each, ${residentMiB.toFixed(0)} MiB`;
}

/** The resources that a service has used. */
interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** The usage since the start of the service, from its own metrics. */
async function usageOf(url: string): Promise<Usage> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    cpuSeconds: sampleValue(metrics, 'process_cpu_seconds_total'),
    residentMiB: sampleValue(metrics, 'process_resident_memory_bytes') / 2 ** 20,
  };
}

/** Processor time is a difference; memory is the value at the end. */
function usageBetween(before: Usage, after: Usage): Usage {
  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, residentMiB: after.residentMiB };
}
