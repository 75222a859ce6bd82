import { describe, expect, it } from 'vitest';
import {
  chosen,
  defaultSeed,
  drawConfigurations,
  drawn,
  grid,
  keyOf,
  type StormConfiguration,
} from './configurations.ts';

const settings = Object.keys(grid) as (keyof StormConfiguration)[];

describe('drawConfigurations', () => {
  it('draws the same configurations for the same seed, and others for another', () => {
    expect(drawConfigurations(7, 4)).toEqual(drawConfigurations(7, 4));
    expect(drawConfigurations(8, 4)).not.toEqual(drawConfigurations(7, 4));
  });

  it('draws each configuration of the grid once, and none that was chosen', () => {
    const size = settings.reduce((product, setting) => product * grid[setting].length, 1);
    const isOnGrid = (each: StormConfiguration) =>
      settings.every((setting) => (grid[setting] as readonly unknown[]).includes(each[setting]));
    const chosenOnGrid = chosen.filter(isOnGrid).length;

    const all = drawConfigurations(1, size - chosenOnGrid);

    expect(all.every(isOnGrid)).toBe(true);
    expect(new Set([...all, ...chosen].map(keyOf)).size).toBe(size + chosen.length - chosenOnGrid);
  });
});

describe('The configurations of the comparison', () => {
  it('are at least twelve different ones, four of them drawn', () => {
    const all = [...chosen, ...drawConfigurations(defaultSeed, drawn)];

    expect(drawn).toBe(4);
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(12);
  });

  it.each(settings)('that were chosen differ in %s', (setting) => {
    expect(new Set(chosen.map((each) => each[setting])).size).toBeGreaterThan(1);
  });
});
