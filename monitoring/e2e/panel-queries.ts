import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { readdirSync, readFileSync } from 'node:fs';
import { dashboardsFolder } from '../grafana/src/dashboards.ts';

/** A query as Grafana sends it, with the panel that sends it. */
export interface PanelQuery {
  /** Dashboard, panel and id of the query. */
  readonly origin: string;
  readonly expr: string;
}

/** Replaces variables as Grafana does when all values are selected. */
const withVariables = (expr: string): string =>
  expr.replaceAll(/\$(service|instance|breaker)\b/g, '.+').replaceAll('$__rate_interval', '20s');

/** The queries of all panels of the provisioned dashboards. */
export const panelQueries = (): readonly PanelQuery[] =>
  readdirSync(dashboardsFolder).flatMap((file) => {
    const { title, panels = [] } = JSON.parse(readFileSync(new URL(file, dashboardsFolder), 'utf8')) as Dashboard;
    return panels
      .filter((panel): panel is Panel => panel.type !== 'row')
      .flatMap((panel) =>
        (panel.targets ?? []).map((target) => {
          const { refId, expr } = target as unknown as { refId: string; expr: string };
          return { origin: `${title} / ${panel.title} / ${refId}`, expr: withVariables(expr) };
        }),
      );
  });
