import { randomFrom } from '../bench/paired-comparison.ts';

/** The commit whose model made the predictions: it was not changed afterwards. */
export const frozenModel = 'f31880e';

/** What decides which configurations are drawn; the number of the issue that asks for them. */
export const defaultSeed = 24;
export const drawn = 4;

/** What the runs differ in. All else is the same in each (`system.ts`). */
export interface StormConfiguration {
  /** Requests per second. */
  readonly load: number;
  /** The trigger: so many times the load. */
  readonly spike: number;
  /** Of an attempt. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Whether retries have the budget of `apps/account/resilience.yml`: a fifth of the calls, or ten per second. */
  readonly hasBudget: boolean;
  /** Whether there are the circuit breakers of `apps/account/resilience.yml`. */
  readonly hasBreaker: boolean;
  /** Calls that may wait in each customer. */
  readonly queue: number;
}

/** Half of the capacity is used, and a spike leaves a queue of 400 calls, of six seconds. */
const usual: StormConfiguration = {
  load: 30,
  spike: 5,
  timeoutMs: 1_000,
  attempts: 3,
  hasBudget: false,
  hasBreaker: false,
  queue: 1_000,
};

/** Chosen by hand, before any was run: each differs from another one in one or two settings. */
export const chosen: readonly StormConfiguration[] = [
  usual,
  { ...usual, hasBudget: true },
  { ...usual, hasBudget: true, load: 40 },
  { ...usual, hasBreaker: true },
  { ...usual, queue: 20 },
  { ...usual, queue: 20, timeoutMs: 500 },
  { ...usual, attempts: 1 },
  { ...usual, load: 20 },
  { ...usual, load: 20, timeoutMs: 2_000 },
  { ...usual, load: 20, spike: 2 },
];

/** The values of which a configuration is drawn. */
export const grid: { readonly [K in keyof StormConfiguration]: readonly StormConfiguration[K][] } = {
  load: [20, 30, 40],
  spike: [5],
  timeoutMs: [500, 1_000, 2_000],
  attempts: [2, 3],
  hasBudget: [false, true],
  hasBreaker: [false, true],
  queue: [20, 100, 1_000],
};

/** The configurations that a seed draws of the grid: different ones, of which none is in `others`. */
export function drawConfigurations(
  seed: number,
  count: number,
  others: readonly StormConfiguration[] = chosen,
): readonly StormConfiguration[] {
  const random = randomFrom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const keys = new Set(others.map(keyOf));
  const result: StormConfiguration[] = [];
  while (result.length < count) {
    const configuration: StormConfiguration = {
      load: pick(grid.load),
      spike: pick(grid.spike),
      timeoutMs: pick(grid.timeoutMs),
      attempts: pick(grid.attempts),
      hasBudget: pick(grid.hasBudget),
      hasBreaker: pick(grid.hasBreaker),
      queue: pick(grid.queue),
    };
    const key = keyOf(configuration);
    if (!keys.has(key)) result.push(configuration);
    keys.add(key);
  }
  return result;
}

/** Identifies a configuration in any order of its settings. */
export function keyOf(configuration: StormConfiguration): string {
  const settings = Object.keys(grid) as (keyof StormConfiguration)[];
  return settings.map((setting) => `${setting}=${configuration[setting]}`).join(' ');
}
