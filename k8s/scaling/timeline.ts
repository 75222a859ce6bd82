/** One sample. */
export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly requestsPerSecond: number;
  /** Replicas of account that are ready. */
  readonly ready: number;
  /** The number of replicas that the autoscaler requests. */
  readonly desired: number;
  /** The metrics of the autoscaler: processor in percent of the requested CPU, and in-flight requests per replica. */
  readonly cpuUtilization?: number;
  readonly inFlight?: number;
  /** Replicas of customer that are ready. */
  readonly customerReady: number;
}

/** A recording. */
export interface Timeline {
  readonly kubernetes: string;
  readonly recordedAt: string;
  readonly phases: readonly { readonly phase: string; readonly at: number }[];
  readonly samples: readonly Sample[];
  /** The replicas of account per node at the maximum. */
  readonly spreadAtPeak: Readonly<Record<string, number>>;
}

/** The consecutive numbers of replicas that the autoscaler requested. */
export function stepsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ desired }) => desired).filter((desired, index, all) => desired !== all[index - 1]);
}

/** The number of changes of direction. One is a peak; more are flapping. */
export function turnsOf(samples: readonly Sample[]): number {
  const steps = stepsOf(samples);
  const directions = steps.slice(1).map((step, index) => Math.sign(step - steps[index]!));
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length;
}

const [width, height] = [920, 420];
const [left, right, top, bottom] = [60, 60, 40, 50];
const lineColor = '#1f6feb';
const loadColor = '#9a6700';

/** The recording as an SVG: the load, and the replicas that serve it. */
export function plot({ kubernetes, recordedAt, phases, samples }: Timeline): string {
  const end = samples.at(-1)?.at ?? 1;
  const mostLoad = roundUp(Math.max(...samples.map(({ requestsPerSecond }) => requestsPerSecond)), 100);
  const mostReplicas = roundUp(Math.max(...samples.map(({ ready, desired }) => Math.max(ready, desired))), 2);
  const x = (at: number): number => left + (at / end) * (width - left - right);
  const y = (share: number): number => height - bottom - share * (height - top - bottom);
  const curve = (value: (sample: Sample) => number, most: number): string =>
    samples.map((sample) => `${x(sample.at).toFixed(1)},${y(value(sample) / most).toFixed(1)}`).join(' ');
  const stairs = (value: (sample: Sample) => number): string =>
    samples
      .flatMap((sample, index) => {
        const before = samples[index - 1] ?? sample;
        return [
          `${x(sample.at).toFixed(1)},${y(value(before) / mostReplicas).toFixed(1)}`,
          `${x(sample.at).toFixed(1)},${y(value(sample) / mostReplicas).toFixed(1)}`,
        ];
      })
      .join(' ');
  const minutes = Array.from({ length: Math.floor(end / 60) + 1 }, (_, minute) => minute);
  const replicas = Array.from({ length: mostReplicas / 2 + 1 }, (_, index) => index * 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>Replicas of account and the load, kube-controller-manager ${kubernetes}, ${recordedAt}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...phases
      .filter(({ at }) => at <= end)
      .map(
        ({ phase, at }, index) =>
          `<line x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${top}" y2="${height - bottom}" stroke="#d0d7de" stroke-dasharray="4 3"/><text x="${(x(at) + 4).toFixed(1)}" y="${index % 2 === 0 ? 14 : 30}" fill="#57606a">${phase}</text>`,
      ),
    ...replicas.map(
      (count) =>
        `<line x1="${left}" x2="${width - right}" y1="${y(count / mostReplicas)}" y2="${y(count / mostReplicas)}" stroke="#eaeef2"/><text x="${left - 8}" y="${y(count / mostReplicas) + 4}" text-anchor="end" fill="${lineColor}">${count}</text>`,
    ),
    ...[0, 0.5, 1].map(
      (share) =>
        `<text x="${width - right + 8}" y="${y(share) + 4}" fill="${loadColor}">${Math.round(share * mostLoad)}/s</text>`,
    ),
    ...minutes.map(
      (minute) =>
        `<text x="${x(minute * 60).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle" fill="#57606a">${minute}</text>`,
    ),
    `<text x="${width / 2}" y="${height - 10}" text-anchor="middle" fill="#57606a">minutes</text>`,
    `<polyline points="${curve(({ requestsPerSecond }) => requestsPerSecond, mostLoad)}" fill="none" stroke="${loadColor}" stroke-width="1.5"/>`,
    `<polyline points="${stairs(({ ready }) => ready)}" fill="none" stroke="${lineColor}" stroke-width="2.5"/>`,
    `<text x="${left + 8}" y="${height - bottom - 8}" fill="${lineColor}">replicas of account</text>`,
    `<text x="${width - right - 8}" y="${height - bottom - 8}" text-anchor="end" fill="${loadColor}">requests per second</text>`,
    '</svg>\n',
  ].join('\n');
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
