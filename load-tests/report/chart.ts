import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { colours, dashes, type Look, outcomeLooks, percentileLooks, stateLooks } from '@breakwater/contracts/palette';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { outcomes } from '@breakwater/system-runner/ledger';
import { colourOf, fillOf, patternsOf } from './patterns.ts';
import { percentiles, type PlotData, type PlotScales, scalesOf } from './plot-data.ts';

const width = 860;
const font = 'DejaVu Sans, sans-serif';

const looksOfStates: Readonly<Record<string, Look>> = stateLooks;

/**
 * Draws a run as SVG: requests by response, latencies, circuit breakers and calls to customer.
 *
 * @param scales those of several runs that are shown side by side. Default: those of this run
 */
export async function drawChart(data: PlotData, scales: PlotScales = scalesOf([data])): Promise<string> {
  const view = new vega.View(vega.parse(compile(specOf(data, scales)).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    return svg.replace(/<svg[^>]*>/, `$&${patternsOf([...Object.values(stateLooks), ...Object.values(outcomeLooks)])}`);
  } finally {
    view.finalize();
  }
}

/** The chart in Vega-Lite: rows over one time axis. */
export function specOf(data: PlotData, scales: PlotScales): TopLevelSpec {
  const time = {
    field: 'at',
    type: 'quantitative' as const,
    scale: { domain: [0, data.seconds], nice: false as const },
  };
  const timeAxis = (title: string | null) => ({ ...time, axis: { title, grid: false } });
  const untitled = timeAxis(null);
  const shade = (x: typeof untitled) => ({
    data: { values: data.fault ? [data.fault] : [] },
    mark: { type: 'rect' as const, color: colours.bad[0], opacity: 0.08 },
    encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' } },
  });
  const rules = (x: typeof untitled) => ({
    data: { values: [...data.marks] },
    mark: { type: 'rule' as const, color: colours.edge[0], strokeDash: [3, 3] },
    encoding: { x },
  });
  const seen = new Set(data.states.map(({ state }) => state));
  const states = Object.keys(stateLooks).filter((state) => seen.has(state));
  // One title below all panels. The layers of a panel share their axis, and a null in one of them would hide it.
  const titled = timeAxis('time since the start of the load, s');
  const panel = <Layer>(height: number, layer: Layer, x = untitled) => ({
    width,
    view: { stroke: colours.line[0] },
    height,
    layer: [shade(x), layer, rules(x)],
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: colours.panel[0],
    padding: 12,
    config: {
      font,
      axis: { labelFont: font, titleFont: font, gridColor: colours.ground[0] },
      legend: { labelFont: font, titleFont: font },
    },
    resolve: { scale: { color: 'independent', strokeDash: 'independent' } },
    vconcat: [
      panel(150, {
        data: {
          values: data.arrivals.map((each) => ({
            ...each,
            to: each.at + 1,
            order: outcomes.indexOf(each.outcome),
          })),
        },
        mark: { type: 'bar', stroke: null },
        encoding: {
          // Vega-Lite stacks only binned values.
          x: { ...untitled, bin: { binned: true, step: 1 } },
          x2: { field: 'to' },
          y: {
            field: 'count',
            type: 'quantitative',
            stack: 'zero',
            title: 'requests per second',
            scale: { domainMax: scales.requestsPerSecond },
          },
          color: {
            field: 'outcome',
            type: 'nominal',
            title: 'outcome',
            scale: { domain: [...outcomes], range: outcomes.map((outcome) => fillOf(outcomeLooks[outcome])) },
          },
          order: { field: 'order', type: 'quantitative' },
        },
      }),
      panel(150, {
        data: { values: [...data.latencies] },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5 },
        encoding: {
          x: untitled,
          y: {
            field: 'ms',
            type: 'quantitative',
            title: 'latency, ms',
            scale: { type: 'log', domainMin: 1, domainMax: scales.latencyMs },
          },
          color: {
            field: 'percentile',
            type: 'nominal',
            title: 'latency',
            scale: { domain: [...percentiles], range: percentiles.map((each) => colourOf(percentileLooks[each])) },
          },
          strokeDash: {
            field: 'percentile',
            type: 'nominal',
            title: 'latency',
            scale: {
              domain: [...percentiles],
              range: percentiles.map((each) => [...dashes[percentileLooks[each].pattern]]),
            },
          },
        },
      }),
      panel(Math.max(1, new Set(data.states.map(({ replica }) => replica)).size) * 30, {
        data: { values: [...data.states] },
        mark: { type: 'bar', height: { band: 0.75 } },
        encoding: {
          x: { ...untitled, field: 'from' },
          x2: { field: 'to' },
          y: { field: 'replica', type: 'nominal', title: null },
          color: {
            field: 'state',
            type: 'nominal',
            title: 'circuit breaker',
            scale: { domain: states, range: states.map((state) => fillOf(looksOfStates[state] ?? stateLooks.UNKNOWN)) },
          },
        },
      }),
      panel(
        100,
        {
          data: { values: [...data.customerCalls] },
          mark: { type: 'area', color: colours.accent[0], opacity: 0.4, line: { color: colours.accent[0] } },
          encoding: {
            x: titled,
            y: {
              field: 'perSecond',
              type: 'quantitative',
              title: 'calls to customer/s',
              scale: { domainMax: scales.customerCallsPerSecond },
            },
          },
        },
        titled,
      ),
    ],
  };
}

const require = createRequire(import.meta.url);
let isInitialised: Promise<void> | undefined;

/** Renders an SVG as PNG with a bundled font, so that the result is the same on every machine. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  isInitialised ??= readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')).then((wasm) => initWasm(wasm));
  await isInitialised;
  const fonts = await Promise.all(
    ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => readFile(require.resolve(`dejavu-fonts-ttf/ttf/${file}`))),
  );
  const picture = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 1.5 },
    font: { fontBuffers: fonts, defaultFontFamily: 'DejaVu Sans' },
  });
  try {
    return picture.render().asPng();
  } finally {
    picture.free();
  }
}
