import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const howToGet =
  'get it with "apt-get install prometheus" or from https://prometheus.io/download, and put it on the PATH or its folder in PROMETHEUS_HOME';

/** One of the two programs of a Prometheus distribution, where this machine has it. */
export interface PrometheusProgram {
  /** Undefined where it isn't there. */
  readonly file: string | undefined;
  /** Says what is not checked without it, and how to get it. */
  readonly missing: string;
}

/** Looks into `PROMETHEUS_HOME` first, then along the `PATH`. */
export function findPrometheusProgram(name: 'prometheus' | 'promtool', unchecked: string): PrometheusProgram {
  const folders = [process.env['PROMETHEUS_HOME'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  const file = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate));
  return { file, missing: `NOT CHECKED: ${unchecked}. There is no ${name} here; ${howToGet}.` };
}
