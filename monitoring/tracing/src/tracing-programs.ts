import { findProgram } from '@breakwater/system-runner';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The folder with the configurations of the collector and of Jaeger. */
export const tracingFolder = fileURLToPath(new URL('../', import.meta.url));

/** The images by service of docker-compose.yml: `${JAEGER_IMAGE:-jaegertracing/jaeger:2.13.0}` has version 2.13.0. */
export function composeVersion(service: string): string {
  const compose = parse(readFileSync(join(tracingFolder, '../../docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string }>;
  };
  return /:v?([\d.]+)\}$/.exec(compose.services[service]?.image ?? '')?.[1] ?? '';
}

/** A program that receives spans. */
export interface TracingProgram {
  /** Undefined when it is not installed. */
  readonly file: string | undefined;
  /** Names what is not checked without it, and how to install it. */
  readonly missing: string;
}

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'breakwater', 'tracing');

/** Searches the folder into which `programs/build.sh` builds, then the `PATH`. */
export function findTracingProgram(name: 'otelcol' | 'jaeger', unchecked: string): TracingProgram {
  const version = composeVersion(name === 'otelcol' ? 'otel-collector' : 'jaeger');
  const file = findProgram(name, [join(cache, `${name}-${version}`), process.env['PATH']].join(delimiter));
  const howToGet = `run "monitoring/tracing/programs/build.sh ${name}", which needs Go, or add it to the PATH`;
  return { file, missing: `NOT CHECKED: ${unchecked}. ${name} was not found; ${howToGet}.` };
}

// The names of the programs. Nx runs this, so that a cached result without them is not used when they are there.
if (import.meta.main) {
  process.stdout.write(
    `${findTracingProgram('otelcol', '').file ?? 'none'} ${findTracingProgram('jaeger', '').file ?? 'none'}\n`,
  );
}
