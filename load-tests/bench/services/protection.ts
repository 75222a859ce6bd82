import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callReplica } from '@breakwater/contracts/replicas';
import { workspaceRoot } from '@breakwater/system-runner';
import { parse, stringify } from 'yaml';
import type { BenchEnvironment, ServiceProcess } from '../environment.ts';
import { Clients } from '../load.ts';
import { median, randomFrom } from '../paired-comparison.ts';
import type { NotChecked, Program } from './arm.ts';
import { accountPrograms } from './programs.ts';
import { buildSpring } from './spring-account.ts';

export interface ProtectionPlan {
  /** Outages of customer for each service. */
  readonly outages: number;
  readonly perSecond: number;
  readonly warmUpSeconds: number;
}

/** How long each service took to open its circuit breaker. */
export type ProtectionTimes = Awaited<ReturnType<typeof measureProtection>>;

/** Customer's response time in an outage: slow for the circuit breakers, and within the time limit. */
const slowMs = 2_000;

/** Load before customer becomes slow, and for how long it lasts. */
const steadyMs = 2_000;
const outageSeconds = 8;

const pollMs = 5;
const recoveryMs = 60_000;

/** A service with one of the two opinions about a refusal of the bulkhead inside its circuit breaker. */
interface Candidate {
  readonly name: 'account' | 'spring';
  readonly refusals: 'ignored' | 'failures';
  readonly isDefault: boolean;
  readonly build: (environment: BenchEnvironment, say: (what: string) => void) => Promise<Program | NotChecked>;
}

const spring =
  (profiles?: string): Candidate['build'] =>
  ({ signal }, say) =>
    buildSpring({ signal, say }, profiles);

const candidates: readonly Candidate[] = [
  { name: 'account', refusals: 'ignored', isDefault: true, build: async () => accountPrograms.bundled },
  { name: 'spring', refusals: 'ignored', isDefault: false, build: spring('refusals-ignored') },
  {
    name: 'account',
    refusals: 'failures',
    isDefault: false,
    build: async (environment) => recordsRefusals(environment),
  },
  { name: 'spring', refusals: 'failures', isDefault: true, build: spring() },
];

/** Measures from when customer becomes slow until the circuit breaker is OPEN, at a constant rate of arrivals. */
export async function measureProtection(
  environment: BenchEnvironment,
  plan: ProtectionPlan,
  say: (what: string) => void,
) {
  const results: (Pick<Candidate, 'name' | 'refusals' | 'isDefault'> & { openedMs: number[]; medianMs: number })[] = [];
  const notChecked: { readonly name: string; readonly reason: string }[] = [];
  for (const { name, refusals, isDefault, build } of candidates) {
    say(`protection: ${name}, refusals are ${refusals}`);
    const program = await build(environment, say);
    if ('notChecked' in program) {
      notChecked.push({ name, reason: program.notChecked });
      continue;
    }
    const databaseUrl = await environment.createDatabase(program);
    const service = await environment.start(program, { databaseUrl });
    await service.ready();
    const clients = new Clients(service.url);
    await clients.arrive(plan.perSecond, plan.warmUpSeconds, randomFrom(3), environment.signal);
    const openedMs: number[] = [];
    for (let outage = 0; outage < plan.outages; outage += 1) {
      const { tookMs, hasRecovered } = await outageOf(environment, service, clients, plan.perSecond, outage);
      openedMs.push(tookMs);
      // The next outage would not begin with a closed circuit breaker.
      if (!hasRecovered) break;
    }
    clients.close();
    await service.stop();
    results.push({ name, refusals, isDefault, openedMs, medianMs: median(openedMs) });
  }
  return { perSecond: plan.perSecond, slowMs, results, notChecked };
}

async function outageOf(
  { customer, signal }: BenchEnvironment,
  service: ServiceProcess,
  clients: Clients,
  perSecond: number,
  outage: number,
): Promise<{ readonly tookMs: number; readonly hasRecovered: boolean }> {
  const load = clients.arrive(perSecond, outageSeconds, randomFrom(outage), signal);
  await sleep(steadyMs);
  customer.delayMs = slowMs;
  const slowAt = performance.now();
  const opened = await waitFor(service, 'OPEN', outageSeconds * 1_000 - steadyMs);
  const tookMs = performance.now() - slowAt;
  await load;
  customer.delayMs = 0;
  // Trial calls need requests.
  const recovering = new AbortController();
  const trials = clients.arrive(5, recoveryMs / 1_000, randomFrom(outage), recovering.signal).catch(() => {});
  const hasRecovered = await waitFor(service, 'CLOSED', recoveryMs);
  recovering.abort();
  await trials;
  return { tookMs: opened ? tookMs : Number.POSITIVE_INFINITY, hasRecovered };
}

/** @returns whether the circuit breaker had the state in time */
async function waitFor(service: ServiceProcess, state: string, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const { body } = await callReplica(`${service.url}/actuator/circuitbreakers`, { timeoutMs: 1_000 });
    const { circuitBreakers } = (body ?? {}) as {
      readonly circuitBreakers?: Record<string, { readonly state: string }>;
    };
    if (circuitBreakers?.['customer']?.state === state) return true;
    await sleep(pollMs);
  }
  return false;
}

/** Account whose circuit breaker counts refusals as failures, as Resilience4j does by default. */
function recordsRefusals({ directory }: BenchEnvironment): Program {
  const file = path.join(directory, 'refusals-are-failures.yml');
  writeFileSync(
    file,
    withRecordedRefusals(readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8')),
  );
  return { ...accountPrograms.bundled, env: { RESILIENCE_CONFIG: file } };
}

/** Account's policies with a circuit breaker that records every error, refusals included. */
export function withRecordedRefusals(policies: string): string {
  const document = parse(policies) as {
    readonly resilience4j: { readonly circuitbreaker: { readonly instances: Record<string, object> } };
  };
  const { instances } = document.resilience4j.circuitbreaker;
  instances['customer'] = { ...instances['customer'], recordExceptions: ['Error'] };
  return stringify(document);
}
