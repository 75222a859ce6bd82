/**
 * One palette for the console, the doctor's page and the reports of load tests. `palette.css` is generated from it, and
 * `palette.spec.ts` computes its contrasts, also as colour-blind readers see it.
 */

/** Each colour on a light ground and on a dark one. */
export const colours = {
  ground: ['#f4f6f8', '#10161c'],
  panel: ['#ffffff', '#18212a'],
  /** Between parts of a panel. */
  line: ['#dde3e8', '#2a3641'],
  /** Around what can be used or seen alone: inputs, free places. */
  edge: ['#76838f', '#70818f'],
  text: ['#16212b', '#e6edf3'],
  muted: ['#54626f', '#9aa9b6'],
  accent: ['#0f5c70', '#63c5d9'],
  'on-accent': ['#ffffff', '#07222a'],
  good: ['#008069', '#6fdccb'],
  accepted: ['#0d36ad', '#3f94f0'],
  warn: ['#974c00', '#fdbc00'],
  bad: ['#89001f', '#ee5a62'],
  /** The track of a bar. */
  idle: ['#e3e8ec', '#2a3641'],
  'on-state': ['#ffffff', '#0d141a'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type ColourName = keyof typeof colours;

/** How an area is filled, and how a line is dashed, so that nothing differs by its colour alone. */
export type Pattern = 'solid' | 'hatched' | 'crossed' | 'striped' | 'dotted' | 'hollow' | 'barred';

export interface Look {
  readonly colour: ColourName;
  readonly pattern: Pattern;
}

const look = (colour: ColourName, pattern: Pattern = 'solid'): Look => ({ colour, pattern });

/** The states of a circuit breaker, and of a replica whose state is not known. */
export const stateLooks = {
  CLOSED: look('good'),
  HALF_OPEN: look('warn', 'striped'),
  OPEN: look('bad', 'hatched'),
  FORCED_OPEN: look('bad', 'crossed'),
  DISABLED: look('muted', 'hollow'),
  METRICS_ONLY: look('accepted', 'striped'),
  UNKNOWN: look('muted', 'dotted'),
  GONE: look('text', 'barred'),
} as const satisfies Readonly<Record<string, Look>>;

/** The calls in a window. */
export const callLooks = {
  SUCCESS: look('good'),
  SLOW_SUCCESS: look('warn', 'striped'),
  ERROR: look('bad', 'hatched'),
  SLOW_ERROR: look('bad', 'crossed'),
  REJECTED: look('bad', 'barred'),
  EMPTY: look('edge', 'hollow'),
} as const satisfies Readonly<Record<string, Look>>;

/** The states of an endpoint. */
export const endpointLooks = {
  IN_SERVICE: look('good'),
  SLOW_START: look('warn', 'striped'),
  TRIAL: look('warn', 'dotted'),
  EJECTED: look('bad', 'hatched'),
} as const satisfies Readonly<Record<string, Look>>;

/** The responses to clients in the console. */
export const responseLooks = {
  opened: look('good'),
  accepted: look('accepted', 'dotted'),
  rejected: look('warn', 'striped'),
  failed: look('bad', 'hatched'),
} as const satisfies Readonly<Record<string, Look>>;

/** The edges of the topology. */
export const edgeLooks = {
  flowing: look('good'),
  idle: look('edge', 'dotted'),
  limited: look('warn', 'striped'),
  failing: look('bad', 'hatched'),
  blocked: look('bad', 'crossed'),
  unknown: look('edge', 'hollow'),
} as const satisfies Readonly<Record<string, Look>>;

/** The percentiles of latencies. */
export const percentileLooks = {
  p50: look('muted', 'dotted'),
  p95: look('accepted', 'striped'),
  p99: look('text'),
} as const satisfies Readonly<Record<string, Look>>;

/** The outcomes of requests in reports of load tests. */
export const outcomeLooks = {
  'verified now': look('good'),
  'last good value': look('good', 'dotted'),
  'accepted for later': look('accepted'),
  refused: look('warn', 'striped'),
  failed: look('bad', 'hatched'),
} as const satisfies Readonly<Record<string, Look>>;

/** The dashes of a line, in pixels: drawn and left out by turns. */
export const dashes: Readonly<Record<Pattern, readonly number[]>> = {
  solid: [],
  hatched: [7, 4],
  crossed: [3, 3],
  striped: [12, 3, 2, 3],
  dotted: [2, 3],
  hollow: [1, 5],
  barred: [1, 2],
};

/** The classes of pages: a prefix, and the key of a look. */
const classes = [
  ['fill', { ...stateLooks, ...endpointLooks, ...responseLooks }],
  ['cell', callLooks],
] as const;

/** The classes that set the colour alone, as `--look`. */
const colourClasses = [['look', { ...stateLooks, ...endpointLooks, ...responseLooks, ...percentileLooks }]] as const;

const weak = (share: number): string => `color-mix(in srgb, var(--look) ${share}%, var(--panel))`;

const bar = (degrees: number): string =>
  `linear-gradient(${degrees}deg, transparent 44%, var(--look) 44% 56%, transparent 56%)`;

const outline = 'box-shadow: inset 0 0 0 1.5px var(--look)';

const fills: Readonly<Record<Pattern, string>> = {
  solid: 'background: var(--look)',
  hatched: `background: repeating-linear-gradient(135deg, var(--look) 0 3px, ${weak(40)} 3px 6px)`,
  crossed:
    'background: repeating-linear-gradient(45deg, var(--look) 0 2px, transparent 2px 6px), ' +
    `repeating-linear-gradient(135deg, var(--look) 0 2px, ${weak(30)} 2px 6px)`,
  striped: `background: repeating-linear-gradient(0deg, var(--look) 0 3px, ${weak(45)} 3px 6px)`,
  dotted: `background: radial-gradient(var(--look) 45%, ${weak(25)} 50%) 0 0 / 6px 6px`,
  hollow: `background: var(--panel); ${outline}`,
  barred: `background: ${bar(45)}, ${bar(135)}; ${outline}`,
};

/** The style sheet `palette.css`: a custom property for each colour, and a class for each look. */
export function paletteCss(): string {
  const properties = Object.entries(colours).map(
    ([name, [light, dark]]) => `--${name}: light-dark(${light}, ${dark});`,
  );
  return [
    ':root {',
    'color-scheme: light dark;',
    ...properties,
    '}',
    ...rulesFor([...classes, ...colourClasses], ({ colour }) => `--look: var(--${colour})`),
    ...rulesFor(classes, ({ pattern }) => fills[pattern]),
  ].join('\n');
}

function rulesFor(
  groups: readonly (readonly [prefix: string, looks: Readonly<Record<string, Look>>])[],
  declarationsOf: (look: Look) => string,
): string[] {
  const looks = groups.flatMap(([prefix, each]) =>
    Object.entries(each).map(([key, value]) => ({ selector: `.${prefix}-${key}`, value })),
  );
  return [...Map.groupBy(looks, ({ value }) => declarationsOf(value))].map(
    ([declarations, each]) => `${each.map(({ selector }) => selector).join(', ')} { ${declarations}; }`,
  );
}
