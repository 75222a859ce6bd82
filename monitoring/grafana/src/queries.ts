import { type DataqueryBuilder as Query, DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { dataSource } from './data-source.ts';

/**
 * A query over the time range of the dashboard.
 *
 * @param legend with labels in Grafana's form, such as `{{instance}}`
 */
export const query = (expr: string, legend: string): Query =>
  new DataqueryBuilder().datasource(dataSource).expr(expr).legendFormat(legend).range();
