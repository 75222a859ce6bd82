import { type DataqueryBuilder as Query, DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { dataSource } from './data-source.ts';

/**
 * A query over the time that the dashboard shows.
 *
 * @param legend with labels as Grafana has them, such as `{{instance}}`
 */
export const query = (expr: string, legend: string): Query =>
  new DataqueryBuilder().datasource(dataSource).expr(expr).legendFormat(legend).range();
