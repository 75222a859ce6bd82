import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { combinations, k8sFolder, render, titleOf } from '../kustomize/kustomize.ts';
import { type Manifest, parseManifests, workloadsIn } from '../kustomize/manifest.ts';
import type { CommandResult } from '../kubectl/kubectl.ts';
import type { ControlPlane } from './control-plane.ts';

/** The result of applying a combination. */
export interface VerificationResult {
  readonly title: string;
  readonly objects: number;
  /** The number of accepted objects, or of refusals. */
  readonly stages: Readonly<Record<Stage, string>>;
  readonly faults: readonly string[];
  readonly seconds: number;
}

type Stage = 'dry run' | 'applied' | 'pods admitted';

/**
 * Applies each combination to the server: first as a dry run, then for real, and then the pods of its workloads, to
 * which the cluster's policy (restricted) applies. Warnings count as refusals.
 *
 * @throws Error when the server accepts a privileged pod: it then does not check what this verifies
 */
export async function* verifications(plane: ControlPlane): AsyncGenerator<VerificationResult> {
  await prepare(plane);
  for (const combination of combinations) {
    const start = performance.now();
    const rendered = render(combination);
    const manifests = parseManifests(rendered);
    const pods = workloadsIn(manifests).map((workload) => podOf(workload));
    // Unknown fields are refused instead of ignored with a warning.
    const strict = ['--server-side', '--validate=strict', '--warnings-as-errors', '-f', '-'];
    const results = {
      'dry run': await plane.kubectl(['apply', '--dry-run=server', ...strict], rendered),
      applied: await plane.kubectl(['apply', ...strict], rendered),
      'pods admitted': await plane.kubectl(
        ['create', '--dry-run=server', '--validate=strict', '--warnings-as-errors', '-f', '-'],
        asDocuments(pods),
      ),
    };
    const operated = titleOf(combination) === 'production' ? await operate(plane, pods, rendered) : [];
    const kept = manifests.filter(({ kind }) => kind !== 'Namespace');
    const removed = await plane.kubectl(['delete', '--wait=true', '--timeout=60s', '-f', '-'], asDocuments(kept));
    const outcomes = Object.entries({ ...results, removed });
    yield {
      title: titleOf(combination),
      objects: manifests.length,
      stages: {
        'dry run': counted(results['dry run'], manifests.length),
        applied: counted(results.applied, manifests.length),
        'pods admitted': counted(results['pods admitted'], pods.length),
      },
      faults: [
        ...outcomes.flatMap(([stage, { isOk, errors }]) => (isOk ? [] : [`${stage}: ${errors.trim()}`])),
        ...operated,
      ],
      seconds: (performance.now() - start) / 1_000,
    };
  }
}

/**
 * Creates the namespace and the kinds of the Prometheus Operator and of KEDA, and checks that the server refuses a privileged
 * pod.
 */
async function prepare(plane: ControlPlane): Promise<void> {
  const crds = ['servicemonitors', 'prometheusrules', 'scaledobjects'].map(
    (name) => `-f=${join(k8sFolder, `schema/${name}.crd.yaml`)}`,
  );
  await plane.mustRun(['apply', '--server-side', ...crds]);
  await plane.mustRun(['wait', '--for=condition=Established', '--timeout=60s', ...crds]);
  const namespace = readFileSync(join(k8sFolder, 'base/namespace.yaml'), 'utf8');
  await plane.mustRun(['apply', '--server-side', '-f', '-'], namespace);
  await plane.mustRun(['create', 'serviceaccount', 'default', '-n', 'breakwater']);

  const privileged = podOf({
    metadata: { name: 'privileged' },
    spec: {
      template: {
        metadata: { labels: {} },
        spec: { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] },
      },
    },
  });
  const { isOk, errors } = await plane.kubectl(['create', '--dry-run=server', '-f', '-'], stringify(privileged));
  if (isOk || !errors.includes('violates PodSecurity "restricted')) {
    throw new Error(
      `The API server must refuse a privileged pod as not restricted, but reported: ${errors || 'no error'}`,
    );
  }
}

/**
 * Runs the operator's commands of k8s/README.md that need only an API server.
 *
 * @returns the faults
 */
async function operate(plane: ControlPlane, pods: readonly Manifest[], rendered: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'k8s-verify-'));
  try {
    const inFolder = (file: string): string => {
      writeFileSync(join(folder, file), 'a secret');
      return `--from-file=${join(folder, file)}`;
    };
    const secrets: readonly (readonly [name: string, ...files: string[]])[] = [
      ['account', 'database-url', 'actuator-token'],
      ['account-migrations', 'database-url'],
      ['customer', 'database-url'],
      ['customer-migrations', 'database-url'],
    ];
    const named = ['-n', 'breakwater'];
    const commands: readonly (readonly string[])[] = [
      ...secrets.map(([name, ...files]) => ['create', 'secret', 'generic', name, ...files.map(inFolder)]),
      ['delete', 'secret', ...secrets.map(([name]) => name)],
      ['scale', 'deployment/customer', '--replicas=1'],
      ['rollout', 'restart', 'deployment/account'],
      ['get', 'pods'],
      ['delete', 'pod', '-l', 'app.kubernetes.io/name=account', '--wait=false'],
      ['delete', 'job', 'account-migrations', 'customer-migrations', '--ignore-not-found'],
    ];
    const faults: string[] = [];
    const account = pods.find(({ metadata }) => metadata.name === 'account');
    if (account === undefined) faults.push('there is no pod of account');
    else await plane.mustRun(['create', '-f', '-'], stringify(account));
    for (const command of commands) {
      const { isOk, errors } = await plane.kubectl([...named, ...command]);
      if (!isOk) faults.push(`kubectl ${command.join(' ')}: ${errors.trim()}`);
    }
    // Migrations run again when their jobs are applied after the removal of the old ones.
    await plane.mustRun(['apply', '--server-side', '--force-conflicts', '-f', '-'], rendered);
    return faults;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The pod of a workload, without the fields that its controller adds. */
function podOf({ metadata, spec }: Pick<ReturnType<typeof workloadsIn>[number], 'metadata' | 'spec'>): Manifest {
  const { template, volumeClaimTemplates = [] } = spec;
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: metadata.name, namespace: 'breakwater', labels: template.metadata.labels },
    spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] },
  };
}

const asDocuments = (manifests: readonly Manifest[]): string => manifests.map((each) => stringify(each)).join('---\n');

const counted = ({ isOk, errors }: CommandResult, count: number): string =>
  isOk ? String(count) : `refused (${errors.trim().split('\n').length} lines)`;
