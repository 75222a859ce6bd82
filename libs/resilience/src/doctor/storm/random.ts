import type { Random } from '../../core/interval-function.ts';

/** A reproducible sequence of random numbers from 0 to 1 (mulberry32), which all numbers of the seed determine. */
export function seededRandom(...seed: readonly number[]): Random {
  let state = 0;
  for (const number of seed) state = Math.imul(state ^ Math.round(number * 1_000), 0x9e3779b1) + 0x7f4a7c15;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
