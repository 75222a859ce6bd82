import { sampleValue } from '@breakwater/contracts/replicas';
import { latenciesOf, type Latencies } from '../runner/percentiles.ts';
import { Clients } from './load.ts';
import { median } from './paired-comparison.ts';
import type { BenchEnvironment } from './environment.ts';

export interface LagPlan {
  readonly windows: number;
  readonly secondsPerWindow: number;
  readonly warmUpSeconds: number;
  /** For how long account is saturated to learn what it can do at most. */
  readonly saturatedSeconds: number;
}

/** How late the event loop was while account had a share of what it can do. */
export interface EventLoopLag {
  readonly perSecond: number;
  /** Of each window, as `nodejs_eventloop_lag_p99_seconds` says it: the 10 ms between two looks are part of it. */
  readonly p99Ms: readonly number[];
  readonly medianP99Ms: number;
  /** Of the answers, from when their requests were due. */
  readonly answers: Latencies;
  readonly others: number;
}

/** Of what account can do at most. */
const loadShare = 0.7;

/**
 * The event loop's lag, by account's own metrics, at a steady rate of arrivals: a share of what the same process has just done
 * at saturation, since one that has been at work for longer can do more. A scrape takes milliseconds by itself and begins a new
 * count: there is one at the end of a window, and none within.
 */
export async function measureLag(
  environment: BenchEnvironment,
  plan: LagPlan,
  random: () => number,
  say: (what: string) => void,
): Promise<EventLoopLag> {
  const account = await environment.start('compiled');
  await account.ready(environment.signal);
  const clients = new Clients(account.url);
  say('event loop: warming up');
  await clients.saturate(plan.warmUpSeconds, environment.signal);
  say('event loop: what account can do at most');
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
    others += Object.values(load.others).reduce((sum, each) => sum + each, 0);
  }
  clients.close();
  await account.stop();
  return { perSecond, p99Ms, medianP99Ms: median(p99Ms), answers: latenciesOf(durationsMs), others };
}
