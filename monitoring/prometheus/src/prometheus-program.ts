import { findProgram } from '@breakwater/system-runner';
import { delimiter } from 'node:path';

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
  const file = findProgram(name, [process.env['PROMETHEUS_HOME'], process.env['PATH']].join(delimiter));
  return { file, missing: `NOT CHECKED: ${unchecked}. ${name} was not found; ${howToGet}.` };
}
