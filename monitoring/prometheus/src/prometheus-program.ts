import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const howToGet =
  'install it with "apt-get install prometheus" or from https://prometheus.io/download, and add it to the PATH or set PROMETHEUS_HOME to its folder';

/** A program of the Prometheus distribution on this machine. */
export interface PrometheusProgram {
  /** Undefined when it is not installed. */
  readonly file: string | undefined;
  /** Names what is not checked without it, and how to install it. */
  readonly missing: string;
}

/** Searches `PROMETHEUS_HOME` first, then the `PATH`. */
export function findPrometheusProgram(name: 'prometheus' | 'promtool', unchecked: string): PrometheusProgram {
  const folders = [process.env['PROMETHEUS_HOME'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  const file = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate));
  return { file, missing: `NOT CHECKED: ${unchecked}. ${name} was not found; ${howToGet}.` };
}
