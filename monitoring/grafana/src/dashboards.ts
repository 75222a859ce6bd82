import { writeFile } from 'node:fs/promises';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { overview } from './overview.ts';
import { resilience } from './resilience.ts';

/** The dashboards, by the names of their files. */
export const dashboards: Readonly<Record<string, () => Dashboard>> = {
  'overview.json': () => overview().build(),
  'resilience.json': () => resilience().build(),
};

/** The files with which Grafana is provisioned. */
export const dashboardsFolder = new URL('../dashboards/', import.meta.url);

/** A dashboard as the text of its file. */
export const textOf = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, null, 2)}\n`;

// `npm run generate dashboards`.
if (import.meta.main) {
  await Promise.all(
    Object.entries(dashboards).map(([name, build]) => writeFile(new URL(name, dashboardsFolder), textOf(build()))),
  );
}
