import { describe, expect, it } from 'vitest';
import { turnsOf } from './turns.ts';

describe('the turns of a comparison', () => {
  const arms = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const turns = turnsOf(arms, 5);
  const rounds = [1, 2, 3, 4, 5].map((n) => turns.filter(({ repetition }) => repetition === n).map(({ arm }) => arm));

  it('run every arm once in each repetition, one repetition after the other', () => {
    for (const round of rounds) expect(round.toSorted()).toEqual(arms);
    expect(turns.map(({ repetition }) => repetition)).toEqual(turns.map((_, index) => Math.floor(index / 7) + 1));
  });

  it('start with another arm each time', () => {
    expect(new Set(rounds.map(([first]) => first)).size).toBe(5);
  });

  it('never let one arm follow another in every repetition', () => {
    const pairs = rounds.flatMap((round) => round.slice(1).map((arm, index) => `${round[index]}${arm}`));
    const counts = Map.groupBy(pairs, (pair) => pair);

    for (const [, { length }] of counts) expect(length).toBeLessThanOrEqual(3);
  });
});
