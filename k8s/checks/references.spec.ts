import { describe, expect, it } from 'vitest';
import { hasLabels, type Manifest, ofKind, workloadsIn, type WorkloadSpec } from '../kustomize/manifest.ts';
import { alone } from '../kustomize/kustomize.ts';
import { canRender, manifestsOf, titled } from './rendered.ts';

/** Secrets that exist before production is applied, with their keys (overlays/production/kustomization.yaml). */
const fromElsewhere: Readonly<Record<string, readonly string[]>> = {
  account: ['database-url', 'actuator-token'],
  'account-migrations': ['database-url'],
  customer: ['database-url'],
  'customer-migrations': ['database-url'],
};

interface WithData {
  readonly data?: Readonly<Record<string, string>>;
}

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
}

describe.skipIf(!canRender).each(titled)('in $title', ({ combination }) => {
  const manifests = () => manifestsOf(combination);
  const named = (kind: string): string[] => ofKind(manifests(), kind).map(({ metadata }) => metadata.name);
  const dataOf = (kind: string, name: string): readonly string[] | undefined => {
    const found = (ofKind(manifests(), kind) as (Manifest & WithData)[]).find(({ metadata }) => metadata.name === name);
    if (found !== undefined) return Object.keys(found.data ?? {});
    return kind === 'Secret' && combination.overlay === 'production' ? fromElsewhere[name] : undefined;
  };
  const several = (): string[] => named('Deployment').filter((name) => !alone.includes(name));
  const podsMatching = (labels: Readonly<Record<string, string>>) =>
    workloadsIn(manifests()).filter(({ spec }) => hasLabels(spec.template.metadata.labels, labels));

  it('every ConfigMap and Secret that a pod mounts exists', () => {
    const missing = workloadsIn(manifests()).flatMap(({ metadata, spec }) =>
      (spec.template.spec.volumes ?? [])
        .flatMap(({ configMap, secret }) => [
          ...(configMap === undefined ? [] : [{ kind: 'ConfigMap', name: configMap.name }]),
          ...(secret === undefined ? [] : [{ kind: 'Secret', name: secret.secretName }]),
        ])
        .filter(({ kind, name }) => dataOf(kind, name) === undefined)
        .map(({ kind, name }) => `${metadata.name}: ${kind} ${name}`),
    );

    expect(missing).toEqual([]);
  });

  it('every file that an environment variable names is mounted', () => {
    const missing = workloadsIn(manifests()).flatMap(({ metadata, spec: { template } }) =>
      template.spec.containers.flatMap(({ env = [], volumeMounts = [] }) =>
        env
          .filter(({ name }) => name.endsWith('_FILE') || name === 'RESILIENCE_CONFIG')
          .filter(({ value = '' }) => {
            const slash = value.lastIndexOf('/');
            const mount = volumeMounts.find(({ mountPath }) => mountPath === value.slice(0, slash));
            const volume = template.spec.volumes?.find(({ name }) => name === mount?.name);
            const keys =
              volume?.secret === undefined
                ? dataOf('ConfigMap', volume?.configMap?.name ?? '')
                : dataOf('Secret', volume.secret.secretName);
            return keys?.includes(value.slice(slash + 1)) !== true;
          })
          .map(({ name, value }) => `${metadata.name}: ${name} is ${value}`),
      ),
    );

    expect(missing).toEqual([]);
  });

  it('every mount has a volume, and none is a single file, whose changes would not be visible', () => {
    for (const { spec } of workloadsIn(manifests())) {
      const { containers, volumes = [] } = spec.template.spec;
      const names = [
        ...volumes.map(({ name }) => name),
        ...(spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
      ];
      for (const { name, subPath } of containers.flatMap(({ volumeMounts = [] }) => volumeMounts)) {
        expect(names).toContain(name);
        expect(subPath).toBeUndefined();
      }
    }
  });

  it('every service account and priority class exists', () => {
    for (const { spec } of workloadsIn(manifests())) {
      const { serviceAccountName, priorityClassName } = spec.template.spec;
      expect(named('ServiceAccount')).toContain(serviceAccountName);
      if (priorityClassName !== undefined) expect(named('PriorityClass')).toContain(priorityClassName);
    }
  });

  it('every Deployment and StatefulSet selects its own pods and no others', () => {
    for (const { kind, metadata, spec } of workloadsIn(manifests()).filter(({ kind }) => kind !== 'Job')) {
      expect(podsMatching(spec.selector?.matchLabels ?? {}).map((one) => `${one.kind} ${one.metadata.name}`)).toEqual([
        `${kind} ${metadata.name}`,
      ]);
    }
  });

  it('every Service selects pods of one workload, which have its ports', () => {
    for (const { spec } of ofKind<ServiceSpec>(manifests(), 'Service')) {
      const workloads = podsMatching(spec.selector);
      expect(workloads).toHaveLength(1);
      const ports = workloads[0]!.spec.template.spec.containers
        .flatMap(({ ports = [] }) => ports)
        .map(({ name }) => name);
      expect(ports).toEqual(expect.arrayContaining(spec.ports.map(({ targetPort }) => targetPort)));
    }
  });

  it('every disruption budget selects one Deployment, and every Deployment with several replicas has one', () => {
    const covered = ofKind<{ selector: { matchLabels: Record<string, string> } }>(
      manifests(),
      'PodDisruptionBudget',
    ).map(({ spec }) => podsMatching(spec.selector.matchLabels).map(({ metadata }) => metadata.name));

    expect(covered.every((workloads) => workloads.length === 1)).toBe(true);
    expect(covered.flat().toSorted()).toEqual(several().toSorted());
  });

  it('every autoscaler scales a Deployment, and every Deployment with several replicas has one', () => {
    const scaled = ['HorizontalPodAutoscaler', 'ScaledObject'].flatMap((kind) =>
      ofKind<{ scaleTargetRef: { kind: string; name: string } }>(manifests(), kind),
    );

    expect(scaled.map(({ spec }) => spec.scaleTargetRef.name).toSorted()).toEqual(several().toSorted());
  });

  it('every Deployment with a database has migrations, which run as the owner for the role of the service', () => {
    const users = ofKind<WorkloadSpec>(manifests(), 'Deployment').filter(
      ({ spec }) => spec.template.metadata.labels['breakwater/uses'] === 'database',
    );

    expect(users).toHaveLength(2);
    for (const { metadata, spec } of users) {
      const job = ofKind<WorkloadSpec>(manifests(), 'Job').find(
        ({ metadata: { name } }) => name === `${metadata.name}-migrations`,
      );
      const [ofService, ofJob] = [spec, job!.spec].map(({ template }) => template.spec);
      expect(ofJob?.containers[0]?.image).toBe(ofService?.containers[0]?.image);
      expect(ofJob?.containers[0]?.env).toContainEqual({
        name: 'DATABASE_SERVICE_ROLE',
        value: `${metadata.name}_service`,
      });
      const secretOf = (pod = ofService) =>
        pod?.volumes?.find(({ secret }) => secret !== undefined)?.secret?.secretName;
      expect(secretOf(ofJob)).not.toBe(secretOf(ofService));
    }
  });
});
