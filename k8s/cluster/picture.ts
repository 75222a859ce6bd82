import {
  colours,
  type ColourName,
  dashes,
  outcomeLooks,
  type Pattern,
  stateLooks,
} from '@breakwater/contracts/palette';
import { type RunResult, totalsOf } from './results.ts';

const [width, left, right, top] = [1_000, 70, 20, 50];
const plotWidth = width - left - right;
const rows = { requests: { y: top, height: 130 }, replicas: { y: 220, height: 130 }, breakers: { y: 390, height: 30 } };
const height = 466;

type Row = (typeof rows)[keyof typeof rows];

/** Pictures have a light ground. */
const hex = (name: ColourName): string => colours[name][0];

/** Nothing differs by its colour alone: bars by their place, lines by their dashes, states by their height. */
const bars = {
  verified: hex(outcomeLooks['verified now'].colour),
  unverified: hex(outcomeLooks['accepted for later'].colour),
  lost: hex(outcomeLooks.failed.colour),
};
const lines: Readonly<Record<string, { readonly colour: ColourName; readonly pattern: Pattern }>> = {
  account: { colour: 'accent', pattern: 'solid' },
  customer: { colour: 'warn', pattern: 'hatched' },
  nginx: { colour: 'muted', pattern: 'dotted' },
  console: { colour: 'text', pattern: 'striped' },
};
/** The worst state is drawn. */
const states = { OPEN: 1, HALF_OPEN: 0.65, UNKNOWN: 0.15, CLOSED: 0.3 } as const;

const text = (x: number | string, y: number, content: string, attributes = `fill="${hex('muted')}"`): string =>
  `<text x="${x}" y="${y}" ${attributes}>${content}</text>`;

/** Horizontal lines with their values. */
function scale({ y, height }: Row, most: number, values: readonly number[]): string[] {
  return values.map((value) => {
    const at = (y + height - (value / most) * height).toFixed(1);
    const line = `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="${hex('line')}"/>`;
    return line + text(left - 6, Number(at) + 4, String(value), `text-anchor="end" fill="${hex('muted')}"`);
  });
}

/** A run as SVG: requests by second, ready replicas, the circuit breakers while they were watched, and the steps by number. */
export function pictureOf(result: RunResult): string {
  const { seconds, steps } = result;
  const x = (at: number): number => left + (at / seconds) * plotWidth;
  const minutes = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) => minute);
  const { lost } = totalsOf(steps);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>The recorded run: requests, replicas and circuit breakers; ${lost} lost requests</title>`,
    `<rect width="${width}" height="${height}" fill="${hex('panel')}"/>`,
    ...drawSteps(result, x),
    ...drawRequests(result, x),
    ...drawReplicas(result, x),
    ...drawBreakers(result, x),
    ...minutes.map((minute) => text(x(minute * 60).toFixed(1), height - 20, String(minute))),
    text(width / 2, height - 4, 'minutes'),
    '</svg>',
  ].join('\n')}\n`;
}

type Axis = (at: number) => number;

const rectangle = (from: number, to: number, y: number, height: number, fill: string): string =>
  `<rect x="${from.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0.6, to - from).toFixed(2)}" height="${height.toFixed(1)}" fill="${fill}"/>`;

/** A background for every second step, and the number of each. */
function drawSteps({ steps }: RunResult, x: Axis): string[] {
  const bottom = rows.breakers.y + rows.breakers.height;
  return steps.flatMap(({ at, seconds, status }, index) => {
    if (status === 'not checked') return [];
    const fill = hex(index % 2 === 0 ? 'ground' : 'panel');
    const number = text(x(at + seconds / 2).toFixed(1), top - 12, String(index + 1), 'text-anchor="middle"');
    return [rectangle(x(at), x(at + seconds), top - 6, bottom - top + 6, fill) + number];
  });
}

function drawRequests({ requests }: RunResult, x: Axis): string[] {
  const { y, height } = rows.requests;
  const most = Math.ceil(Math.max(1, ...requests.map(({ successes, lost }) => successes + lost)) / 20) * 20;
  const bar = (at: number, from: number, to: number, fill: string): string[] =>
    to > from
      ? [rectangle(x(at), x(at + 1), y + height - (to / most) * height, ((to - from) / most) * height, fill)]
      : [];
  const legend =
    `steps by number; requests per second: <tspan fill="${bars.verified}">verified by customer</tspan>, above them ` +
    `<tspan fill="${bars.unverified}">by a last good value or later</tspan>, on top <tspan fill="${bars.lost}">refused or lost</tspan>`;
  return [
    text(left, 16, legend),
    ...scale(rows.requests, most, [0, most / 2, most]),
    ...requests.flatMap(({ at, successes, unverified, lost }) => [
      ...bar(at, 0, successes - unverified, bars.verified),
      ...bar(at, successes - unverified, successes, bars.unverified),
      ...bar(at, successes, successes + lost, bars.lost),
    ]),
  ];
}

function drawReplicas({ samples }: RunResult, x: Axis): string[] {
  const { y, height } = rows.replicas;
  const most = Math.max(3, ...samples.flatMap(({ ready }) => Object.values(ready))) + 1;
  const legend = Object.entries(lines).map(
    ([service, { colour, pattern }]) =>
      `<tspan fill="${hex(colour)}">${service}${pattern === 'solid' ? '' : ` (${pattern})`}</tspan>`,
  );
  return [
    text(left, y - 8, `ready replicas: ${legend.join(', ')}`),
    ...scale(
      rows.replicas,
      most,
      Array.from({ length: most }, (_, index) => index),
    ),
    ...Object.entries(lines).map(([service, { colour, pattern }]) => {
      const points = samples.map(
        ({ at, ready }) => `${x(at).toFixed(1)},${(y + height - ((ready[service] ?? 0) / most) * height).toFixed(1)}`,
      );
      return `<polyline points="${points.join(' ')}" fill="none" stroke="${hex(colour)}" stroke-width="1.8" stroke-dasharray="${dashes[pattern].join(' ')}"/>`;
    }),
  ];
}

function drawBreakers({ samples }: RunResult, x: Axis): string[] {
  const { y, height } = rows.breakers;
  const legend = (['CLOSED', 'HALF_OPEN', 'OPEN'] as const).map(
    (state) => `<tspan fill="${hex(stateLooks[state].colour)}">${state}</tspan>`,
  );
  return [
    text(left, y - 8, `circuit breakers of account, while they were watched: ${legend.join(', ')} (highest)`),
    rectangle(left, width - right, y, height, hex('idle')),
    ...samples.flatMap(({ at, breakers = [] }, index) => {
      const state = (Object.keys(states) as (keyof typeof states)[]).find((each) => breakers.includes(each));
      if (state === undefined) return [];
      const part = height * states[state];
      const fill = hex(stateLooks[state].colour);
      return [rectangle(x(at), x(samples[index + 1]?.at ?? at + 2), y + height - part, part, fill)];
    }),
  ];
}
