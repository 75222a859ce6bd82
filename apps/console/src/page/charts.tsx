import { useEffect, useId, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { dashes, type Look, percentileLooks, responseLooks } from '@breakwater/contracts/palette';
import type { Second } from '../protocol/messages.ts';
import { duration, rate, timeOfDay } from './format.ts';

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

/** Responses, their latency and pending verifications over the last minutes. */
export function Charts({ seconds }: { readonly seconds: readonly Second[] }) {
  const isIdle = seconds.every(({ traffic }) => traffic === null || traffic.latencyMs === null);
  return (
    <section class="charts" aria-label="Traffic">
      {isIdle && <p class="hint charts-note">There were no requests in the last minutes. Start the load.</p>}
      <Chart title="Responses to POST /accounts" seconds={seconds} series={responses} format={rate} minTop={2} />
      <Chart
        title="Response time"
        seconds={seconds}
        series={latencies}
        format={duration}
        minTop={10}
        note="from histogram buckets"
      />
      <Chart title="Pending verifications" seconds={seconds} series={pendingAccounts} format={String} minTop={4} />
    </section>
  );
}

interface Props {
  readonly title: string;
  readonly seconds: readonly Second[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly note?: string;
  /** Lowest upper end of the axis, so that small values look small. */
  readonly minTop: number;
}

const height = 150;

/** Lines over time, with the latest values as text. */
function Chart({ title, seconds, series, format, note, minTop }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const id = useId();
  const data: uPlot.AlignedData = [
    seconds.map(({ at }) => at / 1_000),
    ...series.map(([, , valueOf]) => seconds.map((second) => valueOf(second) ?? null)),
  ];
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(element, { series, format, minTop }), latest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    // A canvas keeps its colors: it is drawn again when they change.
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    document.addEventListener('themechange', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      document.removeEventListener('themechange', draw);
      chart.current?.destroy();
    };
  }, []);

  useEffect(() => chart.current?.setData(data));

  return (
    <figure class="panel chart" aria-labelledby={id}>
      <figcaption id={id}>
        <b>{title}</b> {note && <span class="hint">{note}</span>}
      </figcaption>
      <div ref={container} class="plot" aria-hidden="true" />
      <ul class="legend">
        {series.map(([label, look], index) => {
          const value = data[index + 1]?.at(-1) ?? null;
          return (
            <li key={label}>
              <Dash look={look} />
              {label} <b>{value === null ? '–' : format(value)}</b>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

/** A piece of the line. */
function Dash({ look: { colour, pattern } }: { readonly look: Look }) {
  return (
    <svg class="dash" style={{ stroke: `var(--${colour})` }} aria-hidden="true">
      <line x2="26" y1="4" y2="4" stroke-dasharray={dashes[pattern].join(' ')} />
    </svg>
  );
}

function optionsOf(
  element: HTMLElement,
  { series, format, minTop }: Pick<Props, 'series' | 'format' | 'minTop'>,
): uPlot.Options {
  const color = (property: string): string => resolveColor(element, property);
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    // On the right, half of the last label of the axis.
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_, _min, max) => [0, Math.max(minTop, (max ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 24, space: 90, values: (_, ticks) => ticks.map((tick) => timeOfDay(tick * 1_000)) },
      { ...axis, size: 56, space: 36, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [
      {},
      ...series.map(([label, look]) => ({
        label,
        stroke: color(`--${look.colour}`),
        dash: [...dashes[look.pattern]],
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

/** A canvas does not resolve custom properties. */
function resolveColor(element: HTMLElement, property: string): string {
  const probe = element.appendChild(document.createElement('span'));
  probe.style.color = `var(${property})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
