import {
  type Color,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  parse,
  wcagContrast,
} from 'culori';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import {
  callLooks,
  type ColourName,
  colours,
  edgeLooks,
  endpointLooks,
  type Look,
  outcomeLooks,
  paletteCss,
  percentileLooks,
  responseLooks,
  stateLooks,
} from './palette.ts';

const families: Readonly<Record<string, Readonly<Record<string, Look>>>> = {
  'the states of circuit breakers': stateLooks,
  'calls in a window': callLooks,
  'the states of endpoints': endpointLooks,
  'edges of the topology': edgeLooks,
  responses: responseLooks,
  percentiles: percentileLooks,
  'outcomes in reports': outcomeLooks,
};
const schemes = { light: 0, dark: 1 } as const;

type Scheme = keyof typeof schemes;

const colourOf = (name: ColourName, scheme: Scheme): string => colours[name][schemes[scheme]];

const difference = differenceCiede2000();

/** How much two colours differ for the readers who see them least well. */
function smallestDifference(a: string, b: string): number {
  const eyes = [filterDeficiencyDeuter(1), filterDeficiencyProt(1), (colour: Color) => colour];
  return Math.min(...eyes.map((seenBy) => difference(seenBy(parse(a)!), seenBy(parse(b)!))));
}

const cases = Object.keys(families).flatMap((family) =>
  (['light', 'dark'] as const).map((scheme) => [family, scheme] as const),
);

describe('the palette', () => {
  it.each(cases)('shows %s with a contrast of at least 3:1 against each background, in %s', (family, scheme) => {
    const contrasts = Object.entries(families[family] ?? {}).flatMap(([key, { colour }]) =>
      (['panel', 'ground', 'idle'] as const).map((background) => ({
        key,
        background,
        contrast: wcagContrast(colourOf(colour, scheme), colourOf(background, scheme)),
      })),
    );

    expect(contrasts.filter(({ contrast }) => contrast < 3)).toEqual([]);
  });

  it.each(cases)('gives each of %s a colour of its own, seen with any eyes, or a pattern, in %s', (family, scheme) => {
    const looks = Object.entries(families[family] ?? {});
    const alike = looks.flatMap(([key, a], index) =>
      looks
        .slice(index + 1)
        .filter(([, b]) => a.pattern === b.pattern)
        .map(([other, b]) => ({
          pair: `${key} and ${other}`,
          difference: smallestDifference(colourOf(a.colour, scheme), colourOf(b.colour, scheme)),
        }))
        .filter((each) => each.difference < 20),
    );

    expect(alike).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has states that differ by colour alone, seen with any eyes, in %s', (scheme) => {
    const names = ['good', 'accepted', 'warn', 'bad'] as const;
    const differences = names.flatMap((a, index) =>
      names.slice(index + 1).map((b) => ({
        pair: `${a} and ${b}`,
        difference: smallestDifference(colourOf(a, scheme), colourOf(b, scheme)),
      })),
    );

    expect(differences.filter((each) => each.difference < 20)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has colours that serve as text, with a contrast of 4.5:1, in %s', (scheme) => {
    const contrasts = (['text', 'muted', 'accent', 'good', 'accepted', 'warn', 'bad'] as const).flatMap((name) =>
      (['panel', 'ground'] as const).map((background) => ({
        name,
        background,
        contrast: wcagContrast(colourOf(name, scheme), colourOf(background, scheme)),
      })),
    );

    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  });

  // `npm run generate palette` writes the file.
  it('is the source of palette.css', async () => {
    const file = `${import.meta.dirname}/palette.css`;
    const css = await format(`/* Generated from src/palette.ts. */\n${paletteCss()}`, {
      ...(await resolveConfig(file)),
      parser: 'css',
    });

    await expect(css).toMatchFileSnapshot('./palette.css');
  });
});
