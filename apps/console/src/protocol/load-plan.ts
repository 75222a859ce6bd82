/** Requests that begin at these rates, whatever becomes of them; in the words of k6's `ramping-arrival-rate`. */
export interface LoadPlan {
  /** Requests a second to begin with. */
  readonly startRate: number;
  /** To which rate it moves, in a straight line, and within how many seconds. */
  readonly stages: readonly { readonly rate: number; readonly seconds: number }[];
}

/** How far a plan has got. */
export interface Progress {
  /** How many requests are due by then, and parts of one. */
  readonly due: number;
  /** Requests a second at that moment. */
  readonly rate: number;
}

export const secondsOf = ({ stages }: LoadPlan): number => stages.reduce((sum, { seconds }) => sum + seconds, 0);

/** @param elapsed seconds since its begin; more than it lasts counts as its end */
export function progressOf({ startRate, stages }: LoadPlan, elapsed: number): Progress {
  let [due, rate, left] = [0, startRate, elapsed];
  for (const stage of stages) {
    const passed = Math.min(left, stage.seconds);
    const reached = rate + ((stage.rate - rate) * passed) / stage.seconds;
    due += ((rate + reached) / 2) * passed;
    rate = reached;
    left -= passed;
    if (left <= 0) break;
  }
  return { due, rate };
}
