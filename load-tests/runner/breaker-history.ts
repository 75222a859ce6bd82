import type { Span } from './reaction.ts';
import type { BreakerSample } from './run-record.ts';

/**
 * When the last of the circuit breakers was first seen to let nothing through; undefined when one of them never was.
 * Replicas that were gone all the time do not count.
 */
export function allOpenedAt(samples: readonly BreakerSample[], { fromMs, toMs }: Span): number | undefined {
  const during = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const replicas = new Set(
    during.flatMap(({ states }) => Object.keys(states).filter((replica) => states[replica] !== 'GONE')),
  );
  const openings = [...replicas].map((replica) => during.find(({ states }) => states[replica] === 'OPEN')?.atMs);
  return openings.length === 0 || openings.includes(undefined)
    ? undefined
    : Math.max(...openings.filter((at) => at !== undefined));
}

/** For how long a circuit breaker was in one state. */
export interface StateBand extends Span {
  readonly replica: string;
  readonly state: string;
}

/** The states of each replica, one after the other. */
export function stateBands(samples: readonly BreakerSample[], endMs: number): StateBand[] {
  const replicas = new Set(samples.flatMap(({ states }) => Object.keys(states)));
  return [...replicas].flatMap((replica) => {
    const bands: StateBand[] = [];
    for (const [index, { atMs, states }] of samples.entries()) {
      const state = states[replica];
      if (state === undefined) continue;
      const toMs = samples[index + 1]?.atMs ?? endMs;
      const last = bands.at(-1);
      if (last?.state === state) bands[bands.length - 1] = { ...last, toMs };
      else bands.push({ replica, state, fromMs: atMs, toMs });
    }
    return bands;
  });
}
