import type { Tally } from './tally.ts';

/** The parts of a cluster that steps need. */
export interface ClusterFacts {
  readonly version: string;
  readonly nodes: readonly { readonly name: string; readonly processors: number; readonly memoryGiB: number }[];
  readonly hasMetrics: boolean;
}

/** The result of a step. */
export interface StepResult {
  readonly name: string;
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'not checked';
  /** Seconds since the start of the run, and how long the step took. */
  readonly at: number;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly load?: Tally;
  /** Why it failed or was not checked. */
  readonly reasons: readonly string[];
}

/** Collects the result of a step. */
export class Recorder {
  readonly figures: Record<string, number | string> = {};
  readonly faults: string[] = [];
  /** Set when it turns out that the cluster cannot show the step. */
  missing: string | undefined;
  load: Tally | undefined;

  /** @param value a number is rounded to one decimal place */
  note(figure: string, value: number | string): void {
    this.figures[figure] = typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  }

  /** Records a fault unless a condition is met. */
  expect(condition: boolean, fault: string): void {
    if (!condition) this.faults.push(fault);
  }
}
