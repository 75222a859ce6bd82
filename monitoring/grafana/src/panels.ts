import {
  GraphDrawStyle,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  GraphThresholdsStyleConfigBuilder,
  StackingConfigBuilder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelinePanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { dataSource, query } from './queries.ts';

/** The content of a panel. */
export interface PanelContent {
  readonly title: string;
  /** What it shows and how to read it. */
  readonly description: string;
  /** Pairs of an expression and its legend. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** As Grafana names it, such as `s`, `reqps` or `percentunit`. */
  readonly unit: string;
  /** Width in 24ths of the dashboard. Default: 8. */
  readonly span?: number;
  /** The values from which it is a warning, and optionally critical. */
  readonly thresholds?: readonly number[];
}

const colors = ['green', 'orange', 'red'];

const thresholdsOf = (values: readonly number[]): Builder<ThresholdsConfig> =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([null, ...values].map((value, index) => ({ value, color: colors[index] ?? 'red' })));

const targetsOf = ({ queries }: PanelContent) =>
  queries.map(([expr, legend], index) => query(expr, legend).refId(String.fromCodePoint(65 + index)));

/** Lines over time. */
export function timeSeries(
  content: PanelContent & { readonly max?: number; readonly stacked?: boolean },
): TimeSeriesPanelBuilder {
  const panel = new TimeSeriesPanelBuilder()
    .title(content.title)
    .description(content.description)
    .datasource(dataSource)
    .targets(targetsOf(content))
    .unit(content.unit)
    .min(0)
    .height(8)
    .span(content.span ?? 8)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(content.stacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (content.max !== undefined) panel.max(content.max);
  if (content.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (content.thresholds)
    panel
      .thresholds(thresholdsOf(content.thresholds))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  return panel;
}

/** The latest value as a large number. */
export const stat = (content: PanelContent): StatPanelBuilder =>
  new StatPanelBuilder()
    .title(content.title)
    .description(content.description)
    .datasource(dataSource)
    .targets(targetsOf(content))
    .unit(content.unit)
    .height(4)
    .span(content.span ?? 4)
    .thresholds(thresholdsOf(content.thresholds ?? []));

/** The states for the codes of `job_instance_name:resilience4j_circuitbreaker_state:code`. */
const states = [
  ['CLOSED', 'green'],
  ['HALF_OPEN', 'yellow'],
  ['OPEN', 'red'],
  ['FORCED_OPEN', 'purple'],
  ['DISABLED', 'blue'],
  ['METRICS_ONLY', 'light-blue'],
] as const;

/** The states of circuit breakers, one band per circuit breaker. */
export const stateTimeline = (content: PanelContent): StateTimelinePanelBuilder =>
  new StateTimelinePanelBuilder()
    .title(content.title)
    .description(content.description)
    .datasource(dataSource)
    .targets(targetsOf(content))
    .unit(content.unit)
    .height(8)
    .span(content.span ?? 24)
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .mappings([
      {
        type: MappingType.ValueToText,
        options: Object.fromEntries(states.map(([text, color], index) => [index, { text, color, index }])),
      },
    ])
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
