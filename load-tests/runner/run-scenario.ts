import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem, tmpdir } from 'node:os';
import path from 'node:path';
import { LocalSystem, pause } from '@breakwater/system-runner';
import type { Engine, Mark, RunRecord } from './run-record.ts';
import { healthyCustomer, type Durations, type Scenario, type Step, type Variant } from '../scenarios/scenario.ts';
import { writePolicies } from './account-policies.ts';
import { act, putFaults } from './actions.ts';
import type { K6Program } from './k6-program.ts';
import { type K6Run, startK6 } from './k6-run.ts';
import { actualPhases, loadOf, plannedPhases } from './load-of.ts';
import { Sampling } from './sampling.ts';
import { settleAndAudit } from './settlement.ts';

/** What to run, and how. */
export interface RunRequest {
  readonly scenario: Scenario;
  readonly engine: Engine;
  readonly variant: Variant;
  readonly durations: Durations;
  readonly isShort: boolean;
  readonly k6: K6Program;
  /** A system that already runs; undefined to start one. */
  readonly target: string | undefined;
  /** Hears what is going on. */
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

/** Puts load on a system, does to it what the scenario says, and records what came of it. */
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
  say('starts the system');
  const system = await LocalSystem.prepare({
    name: 'load-test',
    database: 'own',
    env: {
      // One client makes all requests, and a line for each of them in a log is not what is measured.
      account: {
        CLIENT_RATE_LIMIT: '0',
        LOG_LEVEL: 'error',
        RESILIENCE_CONFIG: writePolicies(engine, variant, directory),
        ...orderly,
      },
      // What a customer that is started again is like, too: faults are a process's own.
      customer: { CLIENT_RATE_LIMIT: '0', LOG_LEVEL: 'error', CUSTOMER_LATENCY: '20ms', ...orderly },
    },
  });
  let k6: K6Run | undefined;
  let sampling: Sampling | undefined;
  const stop = (): void => {
    k6?.kill();
    system.kill();
  };
  request.signal.addEventListener('abort', stop);
  const signal = AbortSignal.any([request.signal, system.broken]);
  try {
    await system.start(signal);
    await putFaults(system, scenario.healthy ?? healthyCustomer);
    say('makes k6 ready');
    const startedAt = new Date().toISOString();
    k6 = await startK6(request.k6, system.gatewayUrl, loadOf(scenario, request.durations), directory);
    sampling = new Sampling(system, k6.beganAt, k6.pid);
    const { marks, phases } = await playTimeline(request, system, k6.beganAt, signal);
    const { requests, dropped } = await k6.finish();
    sampling.stop();
    signal.throwIfAborted();
    say('waits until everything is settled, and reads the ledger');
    const ledger = await settleAndAudit(system, requests);
    return {
      ...about(request, startedAt),
      phases,
      marks,
      requests,
      breakers: sampling.breakers,
      services: sampling.services,
      droppedRequests: dropped,
      ledger,
      omissions: [],
    };
  } catch (error) {
    request.signal.throwIfAborted();
    throw await system.rootCause(error);
  } finally {
    request.signal.removeEventListener('abort', stop);
    sampling?.stop();
    k6?.kill();
    await system.stop();
    system.removeFiles();
  }
}

/** The load balancers let go of idle connections within 2 s: a replica that ends in an orderly way loses no request. */
const orderly = { SHUTDOWN_DELAY: '3s', SHUTDOWN_TIMEOUT: '10s' };

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
  say('puts load on');
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

/** Load on a system that somebody else runs: nothing is done to it, and only its answers are seen. */
async function runTarget(request: RunRequest, target: string, directory: string): Promise<RunRecord> {
  const { scenario, durations, say, signal } = request;
  say('makes k6 ready');
  const startedAt = new Date().toISOString();
  const k6 = await startK6(request.k6, target, loadOf(scenario, durations), directory);
  const kill = () => k6.kill();
  signal.addEventListener('abort', kill);
  try {
    say('puts load on');
    const { requests, dropped } = await k6.finish();
    return {
      ...about(request, startedAt),
      phases: plannedPhases(durations),
      marks: [],
      requests,
      breakers: [],
      services: [],
      droppedRequests: dropped,
      ledger: undefined,
      omissions: [
        ...(scenario.steps
          ? [`Nothing was done to ${target}: whatever the scenario does to a system has to be done by hand.`]
          : []),
        'The ledger was not read: that takes the database.',
        'Circuit breakers, the load on customer and memory were not looked at: that takes the addresses of the replicas.',
        'Whatever circuit breakers run on is up to who started the system.',
      ],
    };
  } finally {
    signal.removeEventListener('abort', kill);
    k6.kill();
  }
}

function about({ scenario, engine, variant, isShort }: RunRequest, startedAt: string) {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const processors = availableParallelism();
  return {
    scenario: scenario.name,
    engine,
    variant,
    isShort,
    startedAt,
    machine: {
      processors,
      description: `${processors} processors, ${gigabytes} GB of memory, ${process.platform} ${process.arch}, everything on this one machine`,
    },
  };
}
