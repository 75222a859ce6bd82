import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem, tmpdir } from 'node:os';
import path from 'node:path';
import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { type LocalSystem, pause } from '@breakwater/system-runner';
import type { Engine } from './engines.ts';
import type { Mark, RunRecord } from './run-record.ts';
import {
  type Action,
  healthyCustomer,
  type Durations,
  type Scenario,
  type Step,
  type Variant,
} from '../scenarios/scenario.ts';
import { writePolicies } from './account-policies.ts';
import { readGatewayLog } from './gateway-log.ts';
import type { K6Program } from './k6-program.ts';
import { startK6 } from './k6-run.ts';
import { actualPhases, loadOf, plannedPhases } from './load-of.ts';
import { settleAndAudit } from '@breakwater/system-runner/ledger';
import { withSystemUnderLoad } from './system-under-load.ts';

/** A run of a scenario. */
export interface RunRequest {
  readonly scenario: Scenario;
  readonly engine: Engine;
  readonly variant: Variant;
  readonly durations: Durations;
  readonly isShort: boolean;
  /** Whether the services run from their lab entries, in real time: only account's has the other libraries. */
  readonly isLab: boolean;
  readonly k6: K6Program;
  /** URL of a running system; undefined starts one. */
  readonly target: string | undefined;
  /** Displays progress. */
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a scenario on a system under load and records the results. */
export async function runScenario(request: RunRequest): Promise<RunRecord> {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-load-'));
  try {
    return request.target === undefined
      ? await runOwn(request, directory)
      : await runTarget(request, request.target, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runOwn(request: RunRequest, directory: string): Promise<RunRecord> {
  const { scenario, engine, variant, say } = request;
  const shutdown = shutdownOf(request);
  return withSystemUnderLoad(
    {
      lab: request.isLab,
      account: { RESILIENCE_CONFIG: writePolicies(engine, variant, directory), ...shutdown, ...scenario.account },
      // Also the latency of a restarted customer: faults are lost with its process.
      customer: { CUSTOMER_LATENCY: '20ms', ...shutdown },
      nginxRoundRobin: variant === 'nginx-round-robin',
      faults: scenario.healthy ?? healthyCustomer,
      load: loadOf(scenario, request.durations),
      k6: request.k6,
      directory,
      say,
      signal: request.signal,
    },
    async ({ system, k6, sampling, signal }) => {
      const { marks, phases } = await playTimeline(request, system, k6.beganAt, signal);
      const { requests, dropped } = await k6.finish();
      sampling.stop();
      signal.throwIfAborted();
      const forwarded = readGatewayLog(readFileSync(system.gatewayLog, 'utf8'), k6.beganAt);
      say('waiting for pending verifications, then reading the ledger');
      const ledger = await settleAndAudit(
        { gatewayUrl: system.gatewayUrl, databaseUrl: system.database.url },
        requests,
        { isDueAtOnce: variant === scenario.control },
      );
      return {
        ...about(request, new Date(k6.beganAt).toISOString()),
        phases,
        marks,
        faultyReplicas: faultyReplicasOf(request),
        requests,
        breakers: sampling.breakers,
        services: sampling.services,
        forwarded,
        droppedRequests: dropped,
        ledger,
        omissions: [],
      };
    },
  );
}

/**
 * The load balancers close idle connections within 2 s, so a graceful shutdown of 3 s, the default of the services, loses no
 * request. A system of the runner has no delay, which is enough for scenarios without a restart.
 */
function shutdownOf({ scenario, durations }: RunRequest): Record<string, string> {
  const restarts = scenario.steps?.(durations).some(({ action }) => action.kind === 'restart') ?? false;
  return restarts ? { SHUTDOWN_DELAY: '3s', SHUTDOWN_TIMEOUT: '10s' } : {};
}

function faultyReplicasOf({ scenario, durations }: RunRequest): string[] {
  const steps = scenario.steps?.(durations) ?? [];
  const replicas = steps.flatMap(({ action }) => (action.kind === 'customer' ? (action.replica ?? []) : []));
  return [...new Set(replicas)];
}

async function playTimeline(
  { scenario, durations, say }: RunRequest,
  system: LocalSystem,
  beganAt: number,
  signal: AbortSignal,
): Promise<Pick<RunRecord, 'marks' | 'phases'>> {
  const planned = plannedPhases(durations);
  const nowMs = () => Date.now() - beganAt;
  const until = async (ms: number) => pause(Math.max(0, ms - nowMs()), signal);
  const during = planned.find(({ name }) => name === 'during');
  const steps: readonly Step[] = scenario.steps?.(durations) ?? [];
  const marks: Mark[] = [];
  let lastDoneMs = 0;
  for (const { at, title, action } of steps) {
    await until((during?.fromMs ?? 0) + at * 1_000);
    say(title);
    marks.push({ atMs: nowMs(), title });
    await act(system, action);
    lastDoneMs = nowMs();
  }
  const [first] = marks;
  await until(planned.at(-1)?.toMs ?? 0);
  if (first === undefined) return { marks, phases: planned };
  return { marks, phases: actualPhases(planned, first.atMs, lastDoneMs) };
}

/** Sends load to a running system, without actions and without access to its replicas. */
async function runTarget(request: RunRequest, target: string, directory: string): Promise<RunRecord> {
  const { scenario, durations, say, signal } = request;
  say('preparing k6');
  const startedAt = new Date().toISOString();
  const k6 = await startK6(request.k6, target, loadOf(scenario, durations), directory);
  const kill = () => k6.kill();
  signal.addEventListener('abort', kill);
  try {
    say('sending load');
    const { requests, dropped } = await k6.finish();
    return {
      ...about(request, startedAt),
      phases: plannedPhases(durations),
      marks: [],
      faultyReplicas: [],
      requests,
      breakers: [],
      services: [],
      forwarded: [],
      droppedRequests: dropped,
      ledger: undefined,
      omissions: [
        ...(scenario.steps
          ? [`No action was performed on ${withoutSecrets(target)}: perform the actions of the scenario by hand.`]
          : []),
        'The ledger was not read: it requires access to the database.',
        'Circuit breakers, load on customer and memory were not measured: they require the addresses of the replicas.',
        'Repetitions by the load balancer were not counted: they require its log.',
        'The engine of the circuit breakers is unknown: it depends on how the system was started.',
      ],
    };
  } finally {
    signal.removeEventListener('abort', kill);
    k6.kill();
  }
}

function about({ scenario, engine, variant, isShort }: RunRequest, startedAt: string) {
  const machine = { processors: availableParallelism(), description: machineDescription() };
  return { scenario: scenario.name, engine, variant, isShort, startedAt, machine };
}

/** A general description of the machine. */
export function machineDescription(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} processors, ${gigabytes} GB of memory, ${process.platform} ${process.arch}, everything on this one machine`;
}

/** Performs an action. @throws Error when it fails */
async function act(system: LocalSystem, action: Action): Promise<void> {
  switch (action.kind) {
    case 'customer':
      return system.setCustomerFaults(action.faults, action.replica);
    case 'kill':
    case 'restart':
    case 'freeze':
    case 'thaw':
      await Promise.all(action.replicas.map(async (name) => system.replica(name)[action.kind]()));
      return;
    case 'database':
      return action.state === 'stopped' ? system.database.stop() : system.database.start();
  }
}
