import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The uid is that of `provisioning/datasources/prometheus.yml`. */
export const dataSource: DataSourceRef = { type: 'prometheus', uid: 'prometheus' };
