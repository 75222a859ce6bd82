/** A policy with its callers under a controlled clock, and what must hold after every step. */
export interface World {
  /** The steps that are possible now; none at the end of the schedule. */
  choices(): readonly string[];
  /** Performs a step. @throws InvariantViolation */
  perform(step: string): void | Promise<void>;
  /** Checks what must hold at the end. @throws InvariantViolation */
  finish(): void;
  /** What happened, for the report: a schedule counts once for each. */
  readonly seen: ReadonlySet<string>;
}

/** A set of schedules: all orders of the steps that its worlds offer. */
export interface Scope {
  readonly name: string;
  readonly makeWorld: () => World;
}

export class InvariantViolation extends Error {}

/** @throws InvariantViolation when the values differ */
export function mustBe(what: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e || a === undefined) throw new InvariantViolation(`${what} must be ${e} but is ${a}`);
}

/** An order of steps that violates an invariant. */
export interface Violation {
  readonly schedule: readonly string[];
  readonly message: string;
}

export interface Exploration {
  readonly scope: string;
  /** Complete schedules; no two of them are equal. */
  readonly schedules: number;
  readonly steps: number;
  readonly longest: number;
  /** In how many schedules each of these happened. */
  readonly seen: ReadonlyMap<string, number>;
  /** The first one; the exploration ends there. */
  readonly violation: Violation | undefined;
}

/**
 * Executes every schedule of a scope: depth first, each from a new world, because the policies are the real ones and cannot
 * be copied.
 *
 * @param maxSchedules ends the exploration earlier
 */
export async function exploreAll({ name, makeWorld }: Scope, maxSchedules = Infinity): Promise<Exploration> {
  const tally = new Tally(name);
  let prefix: readonly number[] = [];
  while (tally.schedules < maxSchedules) {
    const picks: number[] = [];
    const widths: number[] = [];
    const violation = await tally.run(makeWorld(), (choices) => {
      const pick = prefix[picks.length] ?? 0;
      picks.push(pick);
      widths.push(choices.length);
      return pick;
    });
    if (violation !== undefined) return tally.result(violation);
    // The next schedule has the longest common beginning with this one.
    let depth = picks.length;
    while (depth > 0 && picks[depth - 1]! + 1 === widths[depth - 1]) depth--;
    if (depth === 0) break;
    prefix = [...picks.slice(0, depth - 1), picks[depth - 1]! + 1];
  }
  return tally.result(undefined);
}

/** Executes random schedules of a scope that has too many for `exploreAll`. Repetitions are not counted. */
export async function exploreAtRandom(
  { name, makeWorld }: Scope,
  attempts: number,
  random: () => number,
): Promise<Exploration> {
  const tally = new Tally(name);
  const known = new Set<string>();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const picks: number[] = [];
    const isNew = (): boolean => {
      const key = String.fromCharCode(...picks);
      if (known.has(key)) return false;
      known.add(key);
      return true;
    };
    const pick = (choices: readonly string[]): number => {
      picks.push(Math.floor(random() * choices.length));
      return picks.at(-1)!;
    };
    const violation = await tally.run(makeWorld(), pick, isNew);
    if (violation !== undefined) return tally.result(violation);
  }
  return tally.result(undefined);
}

/** Counts what an exploration executes. */
class Tally {
  schedules = 0;
  readonly #scope: string;
  readonly #seen = new Map<string, number>();
  #steps = 0;
  #longest = 0;

  constructor(scope: string) {
    this.#scope = scope;
  }

  /** Executes one schedule. @param isNew whether it counts */
  async run(
    world: World,
    pick: (choices: readonly string[]) => number,
    isNew: () => boolean = () => true,
  ): Promise<Violation | undefined> {
    const schedule: string[] = [];
    try {
      for (let choices = world.choices(); choices.length > 0; choices = world.choices()) {
        const step = choices[pick(choices)]!;
        schedule.push(step);
        const settling = world.perform(step);
        if (settling !== undefined) await settling;
      }
      world.finish();
    } catch (error) {
      if (!(error instanceof InvariantViolation))
        throw new Error(`Broken at: ${schedule.join(', ')}`, { cause: error });
      return { schedule, message: error.message };
    }
    if (!isNew()) return undefined;
    this.schedules++;
    this.#steps += schedule.length;
    this.#longest = Math.max(this.#longest, schedule.length);
    for (const each of world.seen) this.#seen.set(each, (this.#seen.get(each) ?? 0) + 1);
    return undefined;
  }

  result(violation: Violation | undefined): Exploration {
    return {
      scope: this.#scope,
      schedules: this.schedules,
      steps: this.#steps,
      longest: this.#longest,
      seen: this.#seen,
      violation,
    };
  }
}
