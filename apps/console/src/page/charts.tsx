import { type Look, percentileLooks, responseLooks } from '@breakwater/contracts/palette';
import { useId } from 'preact/hooks';
import type { Second } from '../protocol/messages.ts';
import { duration, rate } from './format.ts';
import { strokeOf } from './stroke.ts';
import { fractionOf, maxGapMs } from './time-axis.ts';

/** A line: its label, how it is drawn, and its value in a second. */
type Series = readonly [label: string, look: Look, value: (second: Second) => number | null | undefined];

const responses: readonly Series[] = [
  ['opened', responseLooks.opened, ({ traffic }) => traffic?.created],
  ['accepted, pending verification', responseLooks.accepted, ({ traffic }) => traffic?.accepted],
  ['rejected (4xx)', responseLooks.rejected, ({ traffic }) => traffic?.rejected],
  ['failed (5xx)', responseLooks.failed, ({ traffic }) => traffic?.failed],
];
const latencies: readonly Series[] = [
  ['p50', percentileLooks.p50, ({ traffic }) => traffic?.latencyMs?.p50],
  ['p95', percentileLooks.p95, ({ traffic }) => traffic?.latencyMs?.p95],
  ['p99', percentileLooks.p99, ({ traffic }) => traffic?.latencyMs?.p99],
];
const pendingAccounts: readonly Series[] = [['accounts', responseLooks.accepted, ({ pending }) => pending?.accounts]];

interface ChartsProps {
  readonly seconds: readonly Second[];
  readonly now: number;
  /** Whose values are shown as text. */
  readonly second: Second | undefined;
}

/** Responses, their latency and pending verifications over the last minutes. */
export function Charts(props: ChartsProps) {
  return (
    <>
      <Chart {...props} title="Responses to POST /accounts" series={responses} format={rate} minTop={2} />
      <Chart {...props} title="Response time" series={latencies} format={duration} minTop={10} />
      <Chart {...props} title="Pending verifications" series={pendingAccounts} format={String} minTop={4} />
    </>
  );
}

interface Props extends ChartsProps {
  readonly title: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Lowest upper end of the axis, so that small values look small. */
  readonly minTop: number;
}

/** Lines over time, with the values of one second as text. */
function Chart({ title, seconds, now, second, series, format, minTop }: Props) {
  const id = useId();
  const top = topOf(Math.max(minTop, ...series.flatMap(([, , valueOf]) => seconds.map((each) => valueOf(each) ?? 0))));
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <b id={id}>{title}</b>
        <ul class="legend">
          {series.map(([label, look, valueOf]) => {
            const value = (second && valueOf(second)) ?? null;
            return (
              <li key={label}>
                <svg class="dash" aria-hidden="true">
                  <path d="M0,4H26" {...strokeOf(look)} />
                </svg>
                {label} <b>{value === null ? '–' : format(value)}</b>
              </li>
            );
          })}
        </ul>
      </figcaption>
      <div class="time-row" aria-hidden="true">
        <div class="chart-axis">
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{format(value)}</span>
          ))}
        </div>
        <svg class="plot" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          {series.map(([label, look, valueOf]) => (
            <path key={label} d={pathOf(seconds, now, (each) => (valueOf(each) ?? NaN) / top)} {...strokeOf(look)} />
          ))}
        </svg>
      </div>
    </figure>
  );
}

/** The units of a plot, which its size on the page stretches. */
const [width, height] = [1_000, 100];

/** The next of 1, 2, 3, 5, 10, 20, … */
export function topOf(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 5].find((factor) => factor * magnitude >= value) ?? 10) * magnitude;
}

/**
 * A line through the values, which is interrupted where there are none.
 *
 * @param shareOf the value as a share of the height; not a number when there is none
 */
export function pathOf(seconds: readonly Second[], now: number, shareOf: (second: Second) => number): string {
  let last = -Infinity;
  return seconds
    .flatMap((second) => {
      const share = shareOf(second);
      const fraction = fractionOf(second.at, now);
      if (Number.isNaN(share) || fraction < 0) return [];
      const command = second.at - last > maxGapMs ? 'M' : 'L';
      last = second.at;
      return [`${command}${Math.round(fraction * width * 10) / 10},${Math.round((1 - share) * height * 10) / 10}`];
    })
    .join('');
}
