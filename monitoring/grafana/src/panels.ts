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
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelinePanelBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesPanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';

/** The uid is that of `provisioning/datasources/prometheus.yml`. */
export const dataSource = { type: 'prometheus', uid: 'prometheus' };

/** The content of a panel. */
export interface PanelContent {
  /** What it shows and how to read it. */
  readonly description: string;
  /** Expressions by their legends, which have labels in Grafana's form, such as `{{instance}}`. */
  readonly queries: Readonly<Record<string, string>>;
  /** As Grafana names it, such as `s`, `reqps` or `percentunit`. Default: `short`, a plain number. */
  readonly unit?: string;
  /** Width in 24ths of the dashboard. Default: 4 for a stat, 8 for a time series, 24 for a state timeline. */
  readonly span?: number;
  /** The values from which it is a warning, and optionally critical. */
  readonly thresholds?: readonly number[];
  /** Shows sampled requests as dots that link to their traces. Recorded series have none. */
  readonly exemplars?: boolean;
}

/** An expression: the rate of a counter, summed by labels. */
export const perSecond = (labels: string, counter: string): string =>
  `sum by (${labels}) (rate(${counter}[$__rate_interval]))`;

const colors = ['green', 'orange', 'red'];

const thresholdsOf = (values: readonly number[]): Builder<ThresholdsConfig> =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([null, ...values].map((value, index) => ({ value, color: colors[index] ?? 'red' })));

/** Sets what all kinds of panels have. */
const filled = <Kind extends StatPanelBuilder | StateTimelinePanelBuilder | TimeSeriesPanelBuilder>(
  panel: Kind,
  title: string,
  { description, queries, unit = 'short', exemplars = false }: PanelContent,
): Kind => {
  panel
    .title(title)
    .description(description)
    .datasource(dataSource)
    .targets(
      Object.entries(queries).map(([legend, expr], index) => {
        const query = new DataqueryBuilder()
          .datasource(dataSource)
          .expr(expr)
          .legendFormat(legend)
          .range()
          .refId(String.fromCodePoint(65 + index));
        return exemplars ? query.exemplar(true) : query;
      }),
    )
    .unit(unit);
  return panel;
};

const legendBelow = () =>
  new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true);

/** Lines over time. */
export function timeSeries(
  title: string,
  content: PanelContent & { readonly max?: number; readonly stacked?: boolean },
): TimeSeriesPanelBuilder {
  const panel = filled(new TimeSeriesPanelBuilder(), title, content)
    .min(0)
    .height(8)
    .span(content.span ?? 8)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(content.stacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(legendBelow())
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
export const stat = (title: string, content: PanelContent): StatPanelBuilder =>
  filled(new StatPanelBuilder(), title, content)
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
export const stateTimeline = (title: string, content: PanelContent): StateTimelinePanelBuilder =>
  filled(new StateTimelinePanelBuilder(), title, content)
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
    .legend(legendBelow());

/** A variable with the values of a label; all are selected by default. */
const variable = (name: string, label: string, values: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(dataSource)
    .query(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });

const bands = (name: string, color: string, expr: string, title: string): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name(name)
    .datasource(dataSource)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step('5s')
    .titleFormat(title);

/** A dashboard of rows of panels, with the common variables, annotations, and links to the others. */
export function dashboard(
  uid: string,
  title: string,
  description: string,
  rows: Readonly<Record<string, readonly Builder<Panel>[]>>,
): DashboardBuilder {
  const built = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['breakwater'])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-30m', to: 'now' })
    .refresh('5s')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Dashboards')
        .type(DashboardLinkType.Dashboards)
        .tags(['breakwater'])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(variable('service', 'Service', 'label_values(up{job!="prometheus"}, job)'))
    .withVariable(variable('instance', 'Replica', 'label_values(up{job=~"$service"}, instance)'))
    .withVariable(
      variable('breaker', 'Circuit breaker', 'label_values(resilience4j_circuitbreaker_state{job=~"$service"}, name)'),
    )
    .annotation(bands('Faults', 'purple', 'sum by (fault) (customer_faults_active) > 0', 'Fault: {{fault}}'))
    .annotation(bands('Alerts', 'red', 'ALERTS{alertstate="firing"}', '{{alertname}} ({{severity}}) {{instance}}'));
  for (const [row, panels] of Object.entries(rows)) {
    built.withRow(new RowBuilder(row));
    for (const panel of panels) built.withPanel(panel);
  }
  return built;
}
