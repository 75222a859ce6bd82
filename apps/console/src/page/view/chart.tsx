import { useEffect, useId, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { timeOfDay } from '../state/wording.ts';

/** One line. */
export interface Series {
  readonly label: string;
  /** A custom property of the page's style. */
  readonly color: string;
  /** `null` where there is none. */
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** In seconds since the Unix epoch. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly note?: string;
  /** What the axis reaches at least, so that nothing does not look like much. */
  readonly least: number;
}

const height = 150;

/** Lines over time, with the present values in words beside them. */
export function Chart({ title, times, series, format, note, least }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const id = useId();
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(element, { series, format, least }), latest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    // Lines are drawn in colours as they were then.
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
      <div ref={place} class="plot" aria-hidden="true" />
      <ul class="legend">
        {series.map(({ label, color, values }) => {
          const value = values.at(-1) ?? null;
          return (
            <li key={label}>
              <i class="swatch" style={{ background: `var(${color})` }} />
              {label} <b>{value === null ? '–' : format(value)}</b>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

function optionsOf(
  element: HTMLElement,
  { series, format, least }: Pick<Props, 'series' | 'format' | 'least'>,
): uPlot.Options {
  const color = (property: string): string => resolveColor(element, property);
  const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    // Room for half of the last time on the axis.
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_, _min, max) => [0, Math.max(least, (max ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 24, space: 90, values: (_, ticks) => ticks.map((tick) => timeOfDay(tick * 1_000)) },
      { ...axis, size: 56, space: 36, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [
      {},
      ...series.map(({ label, color: property }) => ({
        label,
        stroke: color(property),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

/** A canvas knows no custom properties. */
function resolveColor(element: HTMLElement, property: string): string {
  const probe = element.appendChild(document.createElement('span'));
  probe.style.color = `var(${property})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
