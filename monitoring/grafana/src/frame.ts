import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { dataSource } from './panels.ts';

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
