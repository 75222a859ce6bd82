import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards, dashboardsFolder, textOf } from './dashboards.ts';
import { dataSource } from './panels.ts';

const each = Object.entries(dashboards).map(([file, build]) => ({ file, dashboard: build() }));
const panelsOf = ({ panels = [] }: Dashboard): Panel[] =>
  panels.filter((panel): panel is Panel => panel.type !== 'row');

describe('the dashboards', () => {
  it('are exactly the files with which Grafana is provisioned', () => {
    expect(readdirSync(dashboardsFolder).sort()).toEqual(Object.keys(dashboards).sort());
  });

  it.each(each)('$file is what "npm run generate dashboards" writes', ({ file, dashboard }) => {
    expect(readFileSync(new URL(file, dashboardsFolder), 'utf8')).toBe(textOf(dashboard));
  });

  it('use the provisioned data source', () => {
    const file = new URL('../provisioning/datasources/prometheus.yml', import.meta.url);
    const { datasources } = parse(readFileSync(file, 'utf8')) as { datasources: { uid: string; type: string }[] };

    expect(datasources).toMatchObject([dataSource]);
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
