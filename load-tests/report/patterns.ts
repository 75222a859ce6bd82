import { colours, type Look, type Pattern } from '@breakwater/contracts/palette';

/** Reports have a light ground. */
export const colourOf = ({ colour }: Look): string => colours[colour][0];

const idOf = ({ colour, pattern }: Look): string => `${pattern}-${colour}`;

/** The fill of an area: a colour, or the reference to a pattern of `patternsOf`. */
export const fillOf = (look: Look): string => (look.pattern === 'solid' ? colourOf(look) : `url(#${idOf(look)})`);

const rising = 'M-1,1l2,-2M0,6l6,-6M5,7l2,-2';
const falling = 'M-1,5l2,2M0,0l6,6M5,-1l2,2';

/** The lines of a tile of six by six pixels. */
const paths: Readonly<Record<Exclude<Pattern, 'solid'>, string>> = {
  hatched: rising,
  crossed: rising + falling,
  striped: 'M0,1.5h6M0,4.5h6',
  dotted: 'M2,3h2',
  hollow: 'M0,0h6',
  barred: 'M1,1l4,4M1,5l4,-4',
};

/** The definitions of the patterns of looks, for an SVG. */
export function patternsOf(looks: readonly Look[]): string {
  const byId = new Map(looks.map((look) => [idOf(look), look]));
  const patterns = [...byId].flatMap(([id, look]) => {
    const { pattern } = look;
    if (pattern === 'solid') return [];
    const colour = colourOf(look);
    return [
      `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse">` +
        `<rect width="6" height="6" fill="${colours.panel[0]}"/>` +
        `<rect width="6" height="6" fill="${colour}" fill-opacity="0.35"/>` +
        `<path d="${paths[pattern]}" stroke="${colour}" stroke-width="1.6" fill="none"/></pattern>`,
    ];
  });
  return `<defs>${patterns.join('')}</defs>`;
}
