import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { outcomes } from '../runner/responses.ts';
import type { PlotData } from './plot-data.ts';

const width = 860;
const font = 'DejaVu Sans, sans-serif';

/** Of the palette of Okabe and Ito, which readers with any colour blindness can distinguish. */
const outcomeColours = ['#009e73', '#56b4e9', '#f0e442', '#cc79a7', '#d55e00'] as const;

const stateColours: Readonly<Record<string, string>> = {
  CLOSED: '#2a9d5c',
  HALF_OPEN: '#f2b134',
  OPEN: '#d1495b',
  DISABLED: '#b0b7c3',
  GONE: '#20252d',
  UNKNOWN: '#e6e8ec',
};

/** Draws a run as SVG: requests by response, latencies, circuit breakers and calls to customer. */
export async function drawChart(data: PlotData): Promise<string> {
  const view = new vega.View(vega.parse(compile(specOf(data)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The chart in Vega-Lite: rows over one time axis. */
export function specOf(data: PlotData): TopLevelSpec {
  const time = {
    field: 'at',
    type: 'quantitative' as const,
    scale: { domain: [0, data.seconds], nice: false as const },
  };
  const x = { ...time, axis: { title: null, grid: false } };
  const shade = {
    data: { values: data.fault ? [data.fault] : [] },
    mark: { type: 'rect' as const, color: '#d1495b', opacity: 0.1 },
    encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' } },
  };
  const rules = {
    data: { values: [...data.marks] },
    mark: { type: 'rule' as const, color: '#8b93a1', strokeDash: [3, 3] },
    encoding: { x },
  };
  const seen = new Set(data.states.map(({ state }) => state));
  const states = Object.keys(stateColours).filter((state) => seen.has(state));
  const panel = <Layer>(height: number, layer: Layer) => ({
    width,
    view: { stroke: '#d9dde3' },
    height,
    layer: [shade, layer, rules],
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: '#ffffff',
    padding: 12,
    config: {
      font,
      axis: { labelFont: font, titleFont: font, gridColor: '#eef0f3' },
      legend: { labelFont: font, titleFont: font },
    },
    resolve: { scale: { color: 'independent' } },
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
          x: { ...x, bin: { binned: true, step: 1 } },
          x2: { field: 'to' },
          y: { field: 'count', type: 'quantitative', stack: 'zero', title: 'requests per second' },
          color: {
            field: 'outcome',
            type: 'nominal',
            title: 'outcome',
            scale: { domain: [...outcomes], range: [...outcomeColours] },
          },
          order: { field: 'order', type: 'quantitative' },
        },
      }),
      panel(150, {
        data: { values: [...data.latencies] },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5 },
        encoding: {
          x,
          y: { field: 'ms', type: 'quantitative', title: 'latency, ms', scale: { type: 'log', domainMin: 1 } },
          color: {
            field: 'percentile',
            type: 'nominal',
            title: 'latency',
            scale: { domain: ['p50', 'p95', 'p99'], range: ['#8ab6d6', '#4f7cac', '#1b3a57'] },
          },
        },
      }),
      panel(Math.max(1, new Set(data.states.map(({ replica }) => replica)).size) * 30, {
        data: { values: [...data.states] },
        mark: { type: 'bar', height: { band: 0.75 } },
        encoding: {
          x: { ...x, field: 'from' },
          x2: { field: 'to' },
          y: { field: 'replica', type: 'nominal', title: null },
          color: {
            field: 'state',
            type: 'nominal',
            title: 'circuit breaker',
            scale: { domain: states, range: states.map((state) => stateColours[state] ?? '#e6e8ec') },
          },
        },
      }),
      panel(100, {
        data: { values: [...data.customerCalls] },
        mark: { type: 'area', color: '#4f7cac', opacity: 0.5, line: { color: '#4f7cac' } },
        encoding: {
          x: { ...time, axis: { title: 'time, s', grid: false } },
          y: { field: 'perSecond', type: 'quantitative', title: 'customer /s' },
        },
      }),
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
