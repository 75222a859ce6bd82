import { wcagContrast } from 'culori';
import { describe, expect, it } from 'vitest';
import { looks } from './storm-report.ts';

/** A page is white, or as dark as the darkest panel of the console. */
const pages = ['#ffffff', '#f4f6f8', '#18212a', '#10161c'];
const markColour = '#101010';

describe('the cells of a storm map', () => {
  it.each(Object.entries(looks))('%s has a contrast of at least 3:1 against a page, and its mark 4.5:1', (_, look) => {
    expect(Math.min(...pages.map((page) => wcagContrast(look.colour, page)))).toBeGreaterThanOrEqual(3);
    expect(wcagContrast(look.colour, markColour)).toBeGreaterThanOrEqual(4.5);
  });

  it('have a mark each', () => {
    const marks = Object.values(looks).map(({ mark }) => mark);

    expect(new Set(marks).size).toBe(marks.length);
  });
});
