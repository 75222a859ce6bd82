import { describe, expect, it } from 'vitest';
import { missingKustomize } from '../kustomize/kustomize.ts';
import { kubernetesVersion } from '../kustomize/kubernetes-programs.ts';
import { faultsOf, schemaVersion } from '../schema/validator.ts';
import { canRender, manifestsOf, titled } from './rendered.ts';

// Vitest's reporters do not print the reason for a skipped test.
if (!canRender) process.stderr.write(`${missingKustomize}\n`);

it('finds Kustomize, which the checks of k8s/ need', ({ skip }) => {
  skip(!canRender, missingKustomize);
  expect(canRender).toBe(true);
});

describe.skipIf(!canRender).each(titled)('$title', ({ combination }) => {
  it("has only fields of Kubernetes' schema", () => {
    expect(manifestsOf(combination).flatMap((manifest) => faultsOf(manifest))).toEqual([]);
  });

  it('contains every object once', () => {
    const names = manifestsOf(combination).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('is in the namespace that enforces restricted pods', () => {
    const manifests = manifestsOf(combination);
    const namespace = manifests.find(({ kind }) => kind === 'Namespace');

    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(
      manifests
        .filter(({ kind }) => kind !== 'Namespace' && kind !== 'PriorityClass')
        .filter(({ metadata }) => metadata.namespace !== namespace?.metadata.name),
    ).toEqual([]);
  });
});

describe('the schema', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };

  it('has the version that the verification runs', () => {
    expect(schemaVersion).toBe(kubernetesVersion);
  });

  it('accepts a number or a name where Kubernetes accepts both', () => {
    const ports = [
      { port: 80, targetPort: 'http' },
      { port: 81, targetPort: 8080 },
    ];

    expect(faultsOf({ ...service, spec: { ports } })).toEqual([]);
  });

  it.each([
    ['an unknown field', { selectors: { app: 'web' } }, 'selectors'],
    ['a value of another type', { ports: [{ port: '80' }] }, '/spec/ports/0/port'],
    ['a missing field', { ports: [{ name: 'http' }] }, 'port'],
  ])('finds %s', (_what, spec, fault) => {
    const faults = faultsOf({ ...service, spec });

    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it('finds an unknown field of a ServiceMonitor', () => {
    const monitor = {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'web' },
      spec: { selector: {}, endpoints: [{ port: 'http', intervall: '5s' }] },
    };

    expect(faultsOf(monitor)).toEqual([expect.stringContaining('intervall')]);
  });

  it('finds an unknown field of a ScaledObject', () => {
    const scaled = {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { name: 'web' }, triggers: [{ type: 'cpu', metadata: {}, metricTyp: 'Utilization' }] },
    };

    expect(faultsOf(scaled)).toEqual([expect.stringContaining('metricTyp')]);
  });

  it('reports an unknown kind', () => {
    expect(faultsOf({ ...service, kind: 'Servise', spec: {} })).toEqual([expect.stringContaining('v1 Servise')]);
  });
});
