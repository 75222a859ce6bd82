import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { type DataqueryBuilder as Query, DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';

/** The uid is that of `provisioning/datasources/prometheus.yml`. */
export const dataSource: DataSourceRef = { type: 'prometheus', uid: 'prometheus' };

/**
 * A query over the time range of the dashboard.
 *
 * @param legend with labels in Grafana's form, such as `{{instance}}`
 */
export const query = (expr: string, legend: string): Query =>
  new DataqueryBuilder().datasource(dataSource).expr(expr).legendFormat(legend).range();
