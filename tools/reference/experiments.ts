import { join } from 'node:path';
import {
  CallNotPermittedError,
  type CircuitBreakerConfig,
  createRegistry,
  durationText,
  type PolicyOf,
  type StateName,
} from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';
import { FakeClock } from '@breakwater/resilience/testing';
import { type Experiment, experiments, lookupsPerExperiment } from '@breakwater/contracts/experiments';
import { workspaceRoot } from '../workspace.ts';
import { code, table } from './markdown.ts';

/** The latency of customer in the demo. */
const latencyMs = 2_000;

/** A call, and the circuit breaker after it. */
export interface SimulatedCall {
  readonly n: number;
  readonly isPermitted: boolean;
  readonly endedAtMs: number;
  /** The number of calls in the window. */
  readonly inWindow: number;
  /** Percent; -1 while it is not evaluated. */
  readonly failureRate: number;
  readonly slowCallRate: number;
  readonly state: StateName;
}

/** An experiment of the demo, simulated with the real circuit breaker in virtual time. */
export interface SimulatedExperiment {
  readonly experiment: Experiment;
  readonly config: CircuitBreakerConfig;
  readonly calls: readonly SimulatedCall[];
}

/** Simulates all experiments with account's configuration. */
export async function simulateExperiments(): Promise<readonly SimulatedExperiment[]> {
  const files = ['resilience.yml', 'resilience-demo.yml'].map((file) => join(workspaceRoot, 'apps/account', file));
  // An error class of account, which does not occur in the experiments.
  const errorTypes = { CustomerUnavailableError: Error };
  const { circuitBreaker } = await loadResilienceConfig({ files, env: {}, errorTypes });
  const simulated: SimulatedExperiment[] = [];
  for (const experiment of experiments) {
    const clock = new FakeClock();
    const breaker = createRegistry('circuitBreaker', circuitBreaker, { clock }).getOrCreate(experiment.name);
    simulated.push({ experiment, calls: await simulateCalls(breaker, clock), config: breaker.config });
  }
  return simulated;
}

async function simulateCalls(breaker: PolicyOf<'circuitBreaker'>, clock: FakeClock): Promise<readonly SimulatedCall[]> {
  const startedAt = clock.now();
  const calls: SimulatedCall[] = [];
  for (let n = 1; n <= lookupsPerExperiment; n++) {
    const isPermitted = await breaker
      .execute(() => clock.advance(latencyMs))
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof CallNotPermittedError) return false;
          throw error;
        },
      );
    const { bufferedCalls: inWindow, failureRate, slowCallRate } = breaker.metrics;
    const endedAtMs = clock.now() - startedAt;
    calls.push({ n, isPermitted, endedAtMs, inWindow, failureRate, slowCallRate, state: breaker.state });
  }
  return calls;
}

/** The table that compares the experiments. */
export function overview(simulated: readonly SimulatedExperiment[]): string {
  const rows = simulated.map(({ experiment: { name }, config, calls }) => {
    const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls, failureRateThreshold } = config;
    const { slowCallRateThreshold, slowCallDurationThreshold } = config;
    return [
      `[${name}](#${name})`,
      slidingWindowType === 'COUNT_BASED' ? `${slidingWindowSize} calls` : `${slidingWindowSize} s`,
      String(minimumNumberOfCalls),
      `${failureRateThreshold} %`,
      `${slowCallRateThreshold} % above ${durationText(slowCallDurationThreshold)}`,
      String(openedAfterCall(calls) ?? '–'),
      String(calls.filter(({ isPermitted }) => !isPermitted).length),
      calls.at(-1)?.state ?? '',
    ];
  });
  const head = ['experiment', 'window', 'minimum', 'failures', 'slow calls', 'opened after call', 'not permitted'];
  return table([...head, 'final state'], rows);
}

export function openedAfterCall(calls: readonly SimulatedCall[]): number | undefined {
  return calls.find(({ state }) => state === 'OPEN')?.n;
}

/** The section of an experiment: its setup, its calls and the lesson. */
export function experimentSection({ experiment, calls }: SimulatedExperiment): string {
  const { name, setup, lesson } = experiment;
  const shown = calls.filter(({ n }) => isShown(n, calls));
  const rows = shown.flatMap((call, at) => {
    const previous = shown[at - 1]?.n ?? 0;
    return call.n - previous > 1 ? [ellipsis, cells(call)] : [cells(call)];
  });
  const head = ['call', 'ended after', 'calls in the window', 'failures', 'slow calls', 'state after it'];
  return [`### ${name}`, setup, table(head, rows), lesson].join('\n\n');
}

const ellipsis = ['…', '', '', '', '', ''];

/** The table shows the first two calls, those around the deciding one, and the last one. */
function isShown(n: number, calls: readonly SimulatedCall[]): boolean {
  const isLastGrowing = (call: SimulatedCall, at: number) => call.inWindow === calls[at + 1]?.inWindow;
  const deciding = openedAfterCall(calls) ?? calls.findIndex(isLastGrowing) + 1;
  return n <= 2 || Math.abs(n - deciding) <= 1 || n === calls.length;
}

function cells({ n, isPermitted, endedAtMs, inWindow, failureRate, slowCallRate, state }: SimulatedCall): string[] {
  const ended = isPermitted ? `${endedAtMs / 1_000} s` : 'not permitted';
  return [String(n), ended, String(inWindow), percent(failureRate), percent(slowCallRate), code(state)];
}

function percent(rate: number): string {
  return rate < 0 ? 'not evaluated' : `${rate} %`;
}
