import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { judgeCourse, type Verdict } from '@breakwater/resilience/doctor';
import type { K6Program } from '../runner/k6-program.ts';
import { warmUpSeconds } from '../runner/load-of.ts';
import { processorShares } from '../runner/measures.ts';
import type { ServiceSample } from '../runner/run-record.ts';
import { withSystemUnderLoad } from '../runner/system-under-load.ts';
import type { RealStorm } from './comparison.ts';
import type { StormConfiguration } from './configurations.ts';
import { courseOf } from './course.ts';
import { faultsOf, loadOf, predict, seconds, writePoliciesOf } from './system.ts';

/** The most that the event loops may lag: later responses are due to the machine. A call of customer takes 60 ms. */
const mostLagMs = 50;
/** An invalid run is repeated, up to so many runs. */
const mostRuns = 2;

export interface StormRun {
  readonly k6: K6Program;
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

/** What the doctor predicts. */
export async function predictStorm(configuration: StormConfiguration): Promise<Verdict> {
  const { verdict } = await inTemporaryFolder((directory) =>
    predict(configuration, writePoliciesOf(configuration, directory)),
  );
  return verdict;
}

/** What the real system does: two accounts, two customers, PostgreSQL and the load balancer, started for this run. */
export async function runStorm(configuration: StormConfiguration, run: StormRun): Promise<RealStorm> {
  for (let runs = 1; ; runs++) {
    const storm = await inTemporaryFolder((directory) => runOnce(configuration, run, directory));
    if (storm.invalid === undefined || runs === mostRuns) return { ...storm, runs };
    run.say(`repeating, since ${storm.invalid}`);
  }
}

async function runOnce(
  configuration: StormConfiguration,
  { k6, say, signal }: StormRun,
  directory: string,
): Promise<Omit<RealStorm, 'runs'>> {
  const request = {
    lab: false,
    account: { RESILIENCE_CONFIG: writePoliciesOf(configuration, directory), MAX_REQUESTS_IN_FLIGHT: '10000' },
    customer: {},
    nginxRoundRobin: false,
    faults: faultsOf(configuration),
    load: loadOf(configuration),
    k6,
    directory,
    say,
    signal,
  };
  return withSystemUnderLoad(request, async (running) => {
    const { requests, dropped } = await running.k6.finish();
    running.signal.throwIfAborted();
    const { services } = running.sampling;
    const course = courseOf(requests, services, warmUpSeconds * 1_000, seconds);
    const eventLoopLagMs = meanLag(services);
    const { generatorShare, machineShare } = processorShares(services, availableParallelism());
    return {
      startedAt: new Date(running.k6.beganAt).toISOString(),
      verdict: judgeCourse(course, course.arrivals.length),
      course,
      invalid: invalidity(dropped, eventLoopLagMs),
      eventLoopLagMs,
      generatorShare,
      machineShare,
    };
  });
}

/** Why a run is invalid; undefined for a valid one. A share of the processors is no reason while each service gets its own. */
export function invalidity(dropped: number, eventLoopLagMs: number): string | undefined {
  if (dropped > 0) return `k6 could not start ${dropped} requests in time, so the load was lower than planned`;
  if (eventLoopLagMs <= mostLagMs) return undefined;
  return `the services waited for a processor (event-loop lag ${eventLoopLagMs} ms)`;
}

/** Of all services, p99 of each second, on average, in whole milliseconds. */
function meanLag(services: readonly ServiceSample[]): number {
  const lags = services.flatMap(({ eventLoopLagMs }) => Object.values(eventLoopLagMs));
  return Math.round(lags.reduce((sum, lag) => sum + lag, 0) / lags.length);
}

async function inTemporaryFolder<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-storm-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
