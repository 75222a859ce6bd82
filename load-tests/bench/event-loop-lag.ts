import { gauge } from '../runner/metrics-text.ts';
import { latenciesOf, type Latencies } from '../measuring/percentiles.ts';
import { arrive, saturate } from './load.ts';
import { median } from './paired-comparison.ts';
import type { Room } from './room.ts';

export interface LagPlan {
  readonly windows: number;
  readonly secondsPerWindow: number;
  readonly warmUpSeconds: number;
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

/**
 * The event loop's lag, by account's own metrics, at a steady rate of arrivals. A scrape takes milliseconds by itself and begins a new
 * count: there is one at the end of a window, and none within.
 *
 * @param perSecond how many requests arrive in a second
 */
export async function measureLag(
  room: Room,
  plan: LagPlan,
  perSecond: number,
  random: () => number,
  say: (what: string) => void,
): Promise<EventLoopLag> {
  const account = await room.start('protected');
  await account.ready(room.signal);
  say('event loop: warming up');
  await saturate(account.url, plan.warmUpSeconds, room.signal);
  const p99Ms: number[] = [];
  const durationsMs: number[] = [];
  let others = 0;
  for (let window = 0; window < plan.windows; window += 1) {
    say(`event loop: window ${window + 1} of ${plan.windows}, ${perSecond.toFixed(0)} requests/s`);
    await account.metrics();
    const load = await arrive(account.url, perSecond, plan.secondsPerWindow, random, room.signal);
    p99Ms.push(gauge(await account.metrics(), 'nodejs_eventloop_lag_p99_seconds') * 1_000);
    durationsMs.push(...load.durationsMs);
    others += Object.values(load.others).reduce((sum, each) => sum + each, 0);
  }
  await account.stop();
  return { perSecond, p99Ms, medianP99Ms: median(p99Ms), answers: latenciesOf(durationsMs), others };
}
