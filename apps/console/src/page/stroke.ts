import { dashes, type Look } from '@breakwater/contracts/palette';

/** The attributes of a line of SVG. */
export const strokeOf = ({ colour, pattern }: Look) => ({
  style: { stroke: `var(--${colour})` },
  'stroke-dasharray': dashes[pattern].join(' '),
});
