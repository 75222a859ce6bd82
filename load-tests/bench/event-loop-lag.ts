import { sampleValue } from '@breakwater/contracts/replicas';
import { latenciesOf } from '@breakwater/system-runner/percentiles';
import { Clients } from './load.ts';
import { median } from './paired-comparison.ts';
import type { BenchEnvironment } from './environment.ts';
import { accountPrograms } from './services/programs.ts';

export interface LagPlan {
  readonly windows: number;
  readonly secondsPerWindow: number;
  readonly warmUpSeconds: number;
  /** How long account is saturated to find its maximum rate. */
  readonly saturatedSeconds: number;
}

/** The event-loop lag while account serves a share of its maximum rate. */
export type EventLoopLag = Awaited<ReturnType<typeof measureLag>>;

/** The share of the maximum rate. */
const loadShare = 0.7;

/**
 * Measures the event-loop lag with account's own metrics at a constant rate of arrivals. The rate is a share of the
 * rate that the same process has just reached at saturation, because a process becomes faster while it runs. A
 * scrape takes milliseconds and resets the metric, so there is one at the end of each window and none within.
 */
export async function measureLag(
  environment: BenchEnvironment,
  plan: LagPlan,
  random: () => number,
  say: (what: string) => void,
) {
  const account = await environment.start(accountPrograms.compiled);
  await account.ready();
  const clients = new Clients(account.url);
  say('event loop: warming up');
  await clients.saturate(plan.warmUpSeconds, environment.signal);
  say('event loop: finding the maximum rate');
  const { opened, seconds } = await clients.saturate(plan.saturatedSeconds, environment.signal);
  const perSecond = (loadShare * opened) / seconds;
  const p99Ms: number[] = [];
  const durationsMs: number[] = [];
  let others = 0;
  for (let window = 0; window < plan.windows; window += 1) {
    say(`event loop: window ${window + 1} of ${plan.windows}, ${perSecond.toFixed(0)} requests/s`);
    await account.metrics();
    const load = await clients.arrive(perSecond, plan.secondsPerWindow, random, environment.signal);
    p99Ms.push(sampleValue(await account.metrics(), 'nodejs_eventloop_lag_p99_seconds') * 1_000);
    durationsMs.push(...load.durationsMs);
    others += load.others;
  }
  clients.close();
  await account.stop();
  return {
    perSecond,
    /** `nodejs_eventloop_lag_p99_seconds` of each window; it includes the 10 ms between two samples. */
    p99Ms,
    medianP99Ms: median(p99Ms),
    /** Of all responses, from the time when their requests were due. */
    responses: latenciesOf(durationsMs),
    /** Requests without a 201. */
    others,
  };
}
