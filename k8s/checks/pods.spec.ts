import { describe, expect, it } from 'vitest';
import {
  type Container,
  ofKind,
  type PodSpec,
  secondsOf,
  workloadsIn,
  type WorkloadSpec,
} from '../kustomize/manifest.ts';
import { alone } from '../kustomize/kustomize.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

const containersOf = ({ containers, initContainers = [] }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
];

describe.skipIf(!canRender).each(complete)('the pods of $title', ({ combination }) => {
  const pods = () =>
    workloadsIn(manifestsOf(combination)).map(({ kind, metadata, spec }) => ({
      what: `${kind} ${metadata.name}`,
      kind,
      pod: spec.template.spec,
    }));
  const containers = () =>
    pods().flatMap(({ what, kind, pod }) => containersOf(pod).map((container) => ({ what, kind, container })));
  const whichNot = <T extends { what: string }>(all: readonly T[], holds: (one: T) => boolean): string[] =>
    all.filter((one) => !holds(one)).map(({ what }) => what);

  const deployments = () => ofKind<WorkloadSpec>(manifestsOf(combination), 'Deployment');
  /** Deployments that serve clients. */
  const serving = () => deployments().filter(({ metadata }) => !alone.includes(metadata.name));

  it('exist', () => {
    expect(pods().length).toBeGreaterThanOrEqual(6);
  });

  it('comply with the Pod Security Standard "restricted"', () => {
    expect(
      whichNot(pods(), ({ pod }) => {
        const { securityContext, hostNetwork, hostPID, hostIPC, volumes = [] } = pod;
        return (
          securityContext?.runAsNonRoot === true &&
          (securityContext.runAsUser ?? 0) > 0 &&
          securityContext.seccompProfile?.type === 'RuntimeDefault' &&
          hostNetwork !== true &&
          hostPID !== true &&
          hostIPC !== true &&
          volumes.every(({ hostPath }) => hostPath === undefined)
        );
      }),
    ).toEqual([]);
    expect(
      whichNot(containers(), ({ container: { securityContext } }) => {
        const { privileged, allowPrivilegeEscalation, capabilities } = securityContext ?? {};
        return (
          privileged !== true &&
          allowPrivilegeEscalation === false &&
          capabilities?.add === undefined &&
          capabilities?.drop?.join(',') === 'ALL'
        );
      }),
    ).toEqual([]);
  });

  it('write only to volumes', () => {
    expect(
      whichNot(containers(), ({ container }) => container.securityContext?.readOnlyRootFilesystem === true),
    ).toEqual([]);
  });

  it('have their own service accounts without a token for the API server', () => {
    expect(
      whichNot(pods(), ({ pod }) => pod.automountServiceAccountToken === false && pod.serviceAccountName !== undefined),
    ).toEqual([]);
    const accounts = ofKind<undefined>(manifestsOf(combination), 'ServiceAccount');
    expect(accounts.every((account) => Object.hasOwn(account, 'automountServiceAccountToken'))).toBe(true);
  });

  it('have requests and limits for processor and memory', () => {
    expect(
      whichNot(containers(), ({ container: { resources } }) =>
        [resources?.requests, resources?.limits].every(
          (amounts) => amounts?.['cpu'] !== undefined && amounts['memory'] !== undefined,
        ),
      ),
    ).toEqual([]);
  });

  it('run images with an explicit version', () => {
    expect(
      whichNot(containers(), ({ container: { image } }) =>
        /:[\w.-]+(?:@sha256:[0-9a-f]{64})?$|@sha256:[0-9a-f]{64}$/.test(image),
      ),
    ).toEqual([]);
    expect(containers().filter(({ container }) => container.image.endsWith(':latest'))).toEqual([]);
  });

  it('have startup, readiness and liveness probes if they serve requests', () => {
    const serving = containers().filter(({ kind }) => kind !== 'Job');

    expect(
      whichNot(
        serving,
        ({ container }) =>
          container.startupProbe !== undefined &&
          container.readinessProbe !== undefined &&
          container.livenessProbe !== undefined,
      ),
    ).toEqual([]);
  });

  it('have time to wait for the database and its migrations, before a start counts as failed', () => {
    const waiting = deployments().filter(({ spec }) => spec.template.metadata.labels['breakwater/uses'] === 'database');

    expect(waiting).toHaveLength(2);
    for (const { spec } of waiting) {
      const { env = [], startupProbe } = spec.template.spec.containers[0]!;
      const { periodSeconds = 0, failureThreshold = 0 } = startupProbe ?? {};
      const timeout = secondsOf(env.find(({ name }) => name === 'STARTUP_TIMEOUT')?.value);
      expect(periodSeconds * failureThreshold).toBe(timeout + 30);
    }
  });

  it('do not restart when a dependency fails', () => {
    const services = containers().filter(({ container }) =>
      ['account', 'customer', 'console'].includes(container.name),
    );

    expect(services).toHaveLength(3);
    for (const { container } of services) {
      expect(container.livenessProbe?.httpGet?.path).toBe('/health/live');
      expect(container.startupProbe?.httpGet?.path).toBe('/health/live');
      expect(container.readinessProbe?.httpGet?.path).toBe('/health/ready');
    }
  });

  it('are spread and have priority over pods that serve no requests', () => {
    for (const { spec } of serving()) {
      const { topologySpreadConstraints = [], priorityClassName } = spec.template.spec;
      expect(topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
      expect(priorityClassName).toBe('breakwater-serving');
    }
  });

  it('are not reduced by a rollout, and leave their number to the autoscaler', () => {
    for (const { spec } of serving()) {
      expect(spec.strategy?.rollingUpdate?.maxUnavailable).toBe(0);
      expect(spec.replicas).toBeUndefined();
    }
  });

  it('are never two for a Deployment with one replica by design, which serves no clients', () => {
    const single = deployments().filter(({ metadata }) => alone.includes(metadata.name));

    expect(single).toHaveLength(alone.length);
    for (const { spec } of single) {
      expect(spec.replicas).toBe(1);
      expect(spec.strategy?.type).toBe('Recreate');
      expect(spec.template.spec.priorityClassName).toBeUndefined();
    }
  });
});
