import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { readdirSync, readFileSync } from 'node:fs';
import { dashboardsFolder } from '../grafana/src/dashboards.ts';

/** A query as Grafana would send it, and who asks. */
export interface PanelQuery {
  /** Dashboard, panel and query, to find it. */
  readonly asker: string;
  readonly expr: string;
}

/** What Grafana puts in place of variables when all is chosen. */
const withVariables = (expr: string): string =>
  expr.replaceAll(/\$(service|instance|breaker)\b/g, '.+').replaceAll('$__rate_interval', '20s');

/** Those of all panels of the files that Grafana is provisioned with. */
export const panelQueries = (): readonly PanelQuery[] =>
  readdirSync(dashboardsFolder).flatMap((file) => {
    const { title, panels = [] } = JSON.parse(readFileSync(new URL(file, dashboardsFolder), 'utf8')) as Dashboard;
    return panels
      .filter((panel): panel is Panel => panel.type !== 'row')
      .flatMap((panel) =>
        (panel.targets ?? []).map((target) => {
          const { refId, expr } = target as unknown as { refId: string; expr: string };
          return { asker: `${title} / ${panel.title} / ${refId}`, expr: withVariables(expr) };
        }),
      );
  });
