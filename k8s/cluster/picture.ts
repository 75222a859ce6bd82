import { type RunResult, totalsOf } from './results.ts';

const [width, left, right, top] = [1_000, 70, 20, 50];
const plotWidth = width - left - right;
const rows = { requests: { y: top, height: 130 }, replicas: { y: 220, height: 130 }, breakers: { y: 390, height: 24 } };
const height = 460;

const colors = {
  successes: '#56b4e9',
  unverified: '#e69f00',
  lost: '#d1242f',
  services: { account: '#1f6feb', customer: '#8250df', nginx: '#57606a', console: '#bf8700' },
  states: { CLOSED: '#2a9d5c', HALF_OPEN: '#f2b134', OPEN: '#d1495b', UNKNOWN: '#afb8c1' },
} as const;

/** The worst state is drawn. */
const severity = ['OPEN', 'HALF_OPEN', 'UNKNOWN', 'CLOSED'] as const;

/** A run as SVG: requests by second, ready replicas, the circuit breakers while they were watched, and the steps by number. */
export function pictureOf(result: RunResult): string {
  const { seconds, samples, requests, steps } = result;
  const x = (at: number): string => (left + (at / seconds) * plotWidth).toFixed(1);
  const wide = (span: number): string => Math.max(0.6, (span / seconds) * plotWidth).toFixed(2);
  const mostRequests = roundUp(Math.max(1, ...requests.map((each) => each.successes + each.lost)), 20);
  const mostReplicas = Math.max(3, ...samples.flatMap(({ ready }) => Object.values(ready))) + 1;
  const text = (at: string | number, y: number, content: string, attributes = ''): string =>
    `<text x="${at}" y="${y}" ${attributes}>${content}</text>`;
  const scale = ({ y, height }: { y: number; height: number }, most: number, values: readonly number[]): string[] =>
    values.map((value) => {
      const line = (y + height - (value / most) * height).toFixed(1);
      return `<line x1="${left}" x2="${width - right}" y1="${line}" y2="${line}" stroke="#eaeef2"/>${text(left - 6, Number(line) + 4, String(value), 'text-anchor="end" fill="#57606a"')}`;
    });
  const bar = (at: number, from: number, to: number, color: string): string => {
    const { y, height } = rows.requests;
    const [low, high] = [from, to].map((value) => y + height - (value / mostRequests) * height) as [number, number];
    return to > from
      ? `<rect x="${x(at)}" y="${high.toFixed(1)}" width="${wide(1)}" height="${(low - high).toFixed(1)}" fill="${color}"/>`
      : '';
  };
  const stairs = (service: string): string => {
    const { y, height } = rows.replicas;
    return samples
      .map(({ at, ready }) => `${x(at)},${(y + height - ((ready[service] ?? 0) / mostReplicas) * height).toFixed(1)}`)
      .join(' ');
  };
  const minutes = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) => minute);
  const { lost } = totalsOf(steps);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>The recorded run: requests, replicas and circuit breakers; ${lost} lost requests</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...steps
      .filter(({ status }) => status !== 'not checked')
      .map(
        (step) =>
          `<rect x="${x(step.at)}" y="${top - 6}" width="${wide(step.seconds)}" height="${rows.breakers.y + 30 - top}" fill="${steps.indexOf(step) % 2 === 0 ? '#f6f8fa' : '#fff'}"/>${text(x(step.at + step.seconds / 2), top - 12, String(steps.indexOf(step) + 1), 'text-anchor="middle" fill="#24292f"')}`,
      ),
    ...scale(rows.requests, mostRequests, [0, mostRequests / 2, mostRequests]),
    ...requests.flatMap(({ at, successes, unverified, lost }) => [
      bar(at, 0, successes - unverified, colors.successes),
      bar(at, successes - unverified, successes, colors.unverified),
      bar(at, successes, successes + lost, colors.lost),
    ]),
    ...scale(
      rows.replicas,
      mostReplicas,
      Array.from({ length: mostReplicas }, (_, index) => index),
    ),
    ...Object.entries(colors.services).map(
      ([service, color]) => `<polyline points="${stairs(service)}" fill="none" stroke="${color}" stroke-width="1.8"/>`,
    ),
    `<rect x="${left}" y="${rows.breakers.y}" width="${plotWidth}" height="${rows.breakers.height}" fill="#f0f2f4"/>`,
    ...samples.flatMap(({ at, breakers }, index) => {
      const state = severity.find((each) => breakers?.includes(each));
      const until = samples[index + 1]?.at ?? at + 2;
      return state === undefined
        ? []
        : [
            `<rect x="${x(at)}" y="${rows.breakers.y}" width="${wide(until - at)}" height="${rows.breakers.height}" fill="${colors.states[state]}"/>`,
          ];
    }),
    ...minutes.map((minute) =>
      text(x(minute * 60), height - 20, String(minute), 'text-anchor="middle" fill="#57606a"'),
    ),
    text(width / 2, height - 4, 'minutes', 'text-anchor="middle" fill="#57606a"'),
    text(
      left,
      16,
      `steps by number; requests per second: <tspan fill="${colors.successes}">verified by customer</tspan>, <tspan fill="${colors.unverified}">by a last good value or later</tspan>, <tspan fill="${colors.lost}">refused or lost</tspan>`,
    ),
    text(
      left,
      rows.replicas.y - 8,
      `ready replicas: ${Object.entries(colors.services)
        .map(([service, color]) => `<tspan fill="${color}">${service}</tspan>`)
        .join(', ')}`,
    ),
    text(
      left,
      rows.breakers.y - 8,
      `circuit breakers of account, while they were watched: ${Object.entries(colors.states)
        .filter(([state]) => state !== 'UNKNOWN')
        .map(([state, color]) => `<tspan fill="${color}">${state}</tspan>`)
        .join(', ')}`,
    ),
    '</svg>',
  ]
    .filter((line) => line !== '')
    .join('\n')}\n`;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
