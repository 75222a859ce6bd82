import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards, dashboardsFolder, textOf } from './dashboards.ts';
import { dataSource } from './panels.ts';

const each = Object.entries(dashboards).map(([file, build]) => ({ file, dashboard: build() }));
const panelsOf = ({ panels = [] }: Dashboard): Panel[] =>
  panels.filter((panel): panel is Panel => panel.type !== 'row');

interface ProvisionedDataSource {
  readonly uid: string;
  readonly type: string;
  readonly jsonData?: { readonly exemplarTraceIdDestinations?: readonly object[] };
}

const dataSourcesIn = (file: string): readonly ProvisionedDataSource[] => {
  const url = new URL(`../provisioning/datasources/${file}`, import.meta.url);
  return (parse(readFileSync(url, 'utf8')) as { datasources: ProvisionedDataSource[] }).datasources;
};

describe('the dashboards', () => {
  it('are exactly the files with which Grafana is provisioned', () => {
    expect(readdirSync(dashboardsFolder).sort()).toEqual(Object.keys(dashboards).sort());
  });

  it.each(each)('$file is what "npm run generate dashboards" writes', ({ file, dashboard }) => {
    expect(readFileSync(new URL(file, dashboardsFolder), 'utf8')).toBe(textOf(dashboard));
  });

  it('use the provisioned data source', () => {
    expect(dataSourcesIn('prometheus.yml')).toMatchObject([dataSource]);
  });

  it('link exemplars, by the label that services give them, to Jaeger and its provisioned data source', () => {
    const [prometheus] = dataSourcesIn('prometheus.yml');
    const [jaeger] = dataSourcesIn('jaeger.yml');

    expect(prometheus?.jsonData?.exemplarTraceIdDestinations).toMatchObject([
      // Grafana replaces variables of its environment, and $$ with $.
      { name: 'trace_id', url: '$JAEGER_URL/trace/$${__value.raw}' },
      { name: 'trace_id', datasourceUid: jaeger?.uid },
    ]);
    expect(jaeger?.type).toBe('jaeger');
  });

  it('query exemplars where the services record them, and nowhere else', () => {
    const queries = each.flatMap(({ dashboard }) =>
      panelsOf(dashboard).flatMap(({ targets = [] }) => targets as { expr?: string; exemplar?: boolean }[]),
    );

    const withExemplars = queries.filter(({ exemplar }) => exemplar);
    expect(withExemplars).not.toEqual([]);
    for (const { expr } of withExemplars) expect(expr).toContain('http_server_requests_seconds_bucket{');
  });

  it.each(each)('$file has a description, a unit and legends for each panel', ({ dashboard }) => {
    const unexplained = panelsOf(dashboard).filter(
      ({ description = '', fieldConfig, targets = [] }) =>
        !description.endsWith('.') ||
        fieldConfig?.defaults.unit === undefined ||
        targets.some((target) => !('legendFormat' in target)),
    );

    expect(unexplained.map(({ title }) => title)).toEqual([]);
  });

  it.each(each)('$file has no title twice', ({ dashboard }) => {
    const titles = panelsOf(dashboard).map(({ title }) => title);

    expect(titles).toHaveLength(new Set(titles).size);
  });
});
