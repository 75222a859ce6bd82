import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { kubernetesVersion } from '../kustomize/kubernetes-programs.ts';

/**
 * `npm run schema -w @breakwater/k8s`: writes the schemas for the checks from the Go modules of Kubernetes, the
 * Prometheus Operator and KEDA. It needs Go and its module proxy; its output is committed, so that the checks need neither.
 */
const operator = {
  name: 'the Prometheus Operator',
  module: 'github.com/prometheus-operator/prometheus-operator',
  version: '0.85.0',
  fileOf: (plural: string) => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
};
const keda = {
  name: 'KEDA',
  module: 'github.com/kedacore/keda/v2',
  version: '2.21.0',
  fileOf: (plural: string) => `config/crd/bases/keda.sh_${plural}.yaml`,
};

/** The kinds in k8s/ that are not those of Kubernetes, by the plural of their names. */
const customKinds = { servicemonitors: operator, prometheusrules: operator, scaledobjects: keda };

/** The kinds in k8s/. The workloads reference pods. */
const kinds = [
  'io.k8s.api.core.v1.Namespace',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Secret',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.scheduling.v1.PriorityClass',
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.batch.v1.Job',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.networking.v1.NetworkPolicy',
];

type Json = Readonly<Record<string, unknown>>;

async function main(): Promise<void> {
  const kubernetes = folderOfModule('k8s.io/kubernetes', `v${kubernetesVersion}`);
  const swagger = JSON.parse(await readFile(join(kubernetes, 'api/openapi-spec/swagger.json'), 'utf8')) as {
    definitions: Record<string, Json>;
  };
  const reachable = new Set(kinds);
  // The loop also visits names that are added to the set meanwhile.
  for (const name of reachable) for (const target of referencesIn(swagger.definitions[name])) reachable.add(target);
  const definitions = Object.fromEntries(
    [...reachable].toSorted().map((name) => [name, withoutProse(swagger.definitions[name])]),
  );
  await write('kubernetes.json', `${JSON.stringify({ version: kubernetesVersion, definitions })}\n`);

  for (const [plural, { name, module, version, fileOf }] of Object.entries(customKinds)) {
    const text = await readFile(join(folderOfModule(module, `v${version}`), fileOf(plural)), 'utf8');
    await write(
      `${plural}.crd.yaml`,
      `# ${fileOf(plural)} of ${name} ${version} (Apache-2.0), without descriptions; written by main.ts.\n${stringify(withoutProse(parse(text)), { lineWidth: 0 })}`,
    );
  }
}

/** The folder of a module in Go's cache; downloads the module if it is missing. */
function folderOfModule(module: string, version: string): string {
  const output = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  return (JSON.parse(output) as { Dir: string }).Dir;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner.replace('#/definitions/', '')] : referencesIn(inner),
  );
}

/** Removes descriptions, which no check reads. A property with the name `description` is an object and stays. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutProse(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === 'description' && typeof inner === 'string'))
      .map(([key, inner]) => [key, withoutProse(inner)]),
  );
}

const write = (name: string, text: string): Promise<void> => writeFile(join(import.meta.dirname, name), text);

await main();
