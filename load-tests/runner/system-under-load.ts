import type { Faults } from '@breakwater/contracts';
import { LocalSystem } from '@breakwater/system-runner';
import type { LoadPlan } from '../scenarios/k6/load-plan.ts';
import type { K6Program } from './k6-program.ts';
import { type K6Run, startK6 } from './k6-run.ts';
import { type Sampling, startSampling } from './sampling.ts';

/** A system of its own, and the load that it gets. */
export interface SystemRequest {
  /** Whether the services run from their lab entries. */
  readonly lab: boolean;
  /** Variables of account and customer, in addition to those of every run. */
  readonly account: Readonly<Record<string, string>>;
  readonly customer: Readonly<Record<string, string>>;
  readonly nginxRoundRobin: boolean;
  /** Customer's faults when the load starts. */
  readonly faults: Faults;
  readonly load: LoadPlan;
  readonly k6: K6Program;
  /** For files of this run. */
  readonly directory: string;
  /** Displays progress. */
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

/** A system that gets load. */
export interface SystemUnderLoad {
  readonly system: LocalSystem;
  readonly k6: K6Run;
  readonly sampling: Sampling;
  /** Aborts when the run is interrupted, or when a process of the system ends unexpectedly. */
  readonly signal: AbortSignal;
}

/** All requests come from one client, which stands for many. Request logs would distort the measurement. */
const everyService = { CLIENT_RATE_LIMIT: '0', MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0', LOG_LEVEL: 'error' };

/** Starts the whole system with its own PostgreSQL and k6, samples it during `use`, and ends everything. */
export async function withSystemUnderLoad<T>(
  {
    lab,
    account,
    customer,
    nginxRoundRobin,
    faults,
    load,
    k6: program,
    directory,
    say,
    signal: interruption,
  }: SystemRequest,
  use: (underLoad: SystemUnderLoad) => Promise<T>,
): Promise<T> {
  say('starting the system');
  const system = await LocalSystem.prepare({
    name: 'load-test',
    database: 'own',
    lab,
    nginxRoundRobin,
    env: { account: { ...everyService, ...account }, customer: { ...everyService, ...customer } },
  });
  let k6: K6Run | undefined;
  let sampling: Sampling | undefined;
  const stop = (): void => {
    k6?.kill();
    system.kill();
  };
  interruption.addEventListener('abort', stop);
  const signal = AbortSignal.any([interruption, system.broken]);
  try {
    await system.start(signal);
    await system.setCustomerFaults(faults);
    say('preparing k6');
    k6 = await startK6(program, system.gatewayUrl, load, directory);
    sampling = startSampling(system, k6.beganAt, k6.pid);
    say('sending load');
    return await use({ system, k6, sampling, signal });
  } catch (error) {
    interruption.throwIfAborted();
    throw await system.rootCause(error);
  } finally {
    interruption.removeEventListener('abort', stop);
    sampling?.stop();
    k6?.kill();
    await system.end();
  }
}
