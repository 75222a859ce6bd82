import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { composeVersion, findTracingProgram } from '@breakwater/monitoring/tracing-programs';
import type { ComposeProject } from './compose-project.ts';

/** Programs of the profile `tracing`, and where an image of them has them. */
const programs = [
  {
    name: 'otelcol',
    service: 'otel-collector',
    image: 'otel/opentelemetry-collector',
    variable: 'OTEL_COLLECTOR_IMAGE',
  },
  { name: 'jaeger', service: 'jaeger', image: 'jaegertracing/jaeger', variable: 'JAEGER_IMAGE' },
] as const;

/**
 * Finds or makes the images of the collector and of Jaeger: those of docker-compose.yml if they are there or can be pulled,
 * otherwise ones with the programs that `monitoring/tracing/programs/build.sh` has built.
 *
 * @returns the variables that name them, or why there are none
 */
export async function tracingImages(
  project: ComposeProject,
): Promise<{ readonly variables: Readonly<Record<string, string>> } | { readonly missing: string }> {
  const variables: Record<string, string> = {};
  for (const { name, service, image, variable } of programs) {
    const official = `${image}:${composeVersion(service)}`;
    const has = await project.docker('image', 'inspect', official).then(
      () => true,
      () => false,
    );
    if (has) continue;
    const { file, missing } = findTracingProgram(name, `traces, without the image ${official}`);
    if (file !== undefined) variables[variable] = await imageOf(project, name, file);
    else if (!(await canPull(project, official))) return { missing };
  }
  return { variables };
}

const canPull = (project: ComposeProject, image: string): Promise<boolean> =>
  project.docker('pull', '--quiet', image).then(
    () => true,
    () => false,
  );

/** An image with a program. Its base has `wget`, with which compose looks whether Jaeger is healthy. */
async function imageOf(project: ComposeProject, name: string, file: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'breakwater-check-image-'));
  try {
    await copyFile(file, path.join(folder, name));
    const base = `prom/prometheus:v${composeVersion('prometheus')}`;
    const lines = [
      `FROM ${process.env['PROMETHEUS_IMAGE'] ?? base}`,
      `COPY ${name} /${name}`,
      `ENTRYPOINT ["/${name}"]`,
    ];
    await writeFile(path.join(folder, 'Dockerfile'), lines.join('\n'));
    const tag = `breakwater-check/${name}:local`;
    await project.docker('build', '--quiet', '--tag', tag, folder);
    return tag;
  } finally {
    await rm(folder, { recursive: true });
  }
}
