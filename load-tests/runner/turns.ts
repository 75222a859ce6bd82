/** A run of a comparison. */
export interface Turn<Arm> {
  readonly arm: Arm;
  /** From 1. */
  readonly repetition: number;
}

/**
 * The order of the runs of a comparison: the arms in turns, so that what changes on the machine over the hour affects all of them. Each
 * repetition starts with another arm, and every other one runs in the reverse order, so that no arm always follows the same one.
 */
export function turnsOf<Arm>(arms: readonly Arm[], repetitions: number): readonly Turn<Arm>[] {
  return Array.from({ length: repetitions }, (_, index) => {
    const step = index % 2 === 0 ? 1 : -1;
    return arms.map((_, position) => ({
      arm: arms.at((index + step * position) % arms.length)!,
      repetition: index + 1,
    }));
  }).flat();
}
