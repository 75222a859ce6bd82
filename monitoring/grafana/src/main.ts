import { writeFile } from 'node:fs/promises';
import { dashboards, dashboardsFolder, textOf } from './dashboards.ts';

/** `npm run generate dashboards`: writes the files with which Grafana is provisioned. */
await Promise.all(
  Object.entries(dashboards).map(([name, build]) => writeFile(new URL(name, dashboardsFolder), textOf(build()))),
);
