import { writeFile } from 'node:fs/promises';
import { dashboards, dashboardsFolder, textOf } from './dashboards.ts';

/** `npm run generate dashboards`: writes the files that Grafana is provisioned with. */
await Promise.all(
  Object.entries(dashboards).map(([name, build]) => writeFile(new URL(name, dashboardsFolder), textOf(build()))),
);
