import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../cluster/results.ts';
import { k8sFolder } from '../kustomize/kustomize.ts';
import { ofKind, workloadsIn } from '../kustomize/manifest.ts';
import { quantity } from '../kustomize/quantity.ts';
import { canRender, complete, manifestsOf } from './rendered.ts';

/** The recorded run (docs/cluster.md). */
const { usage, cluster } = JSON.parse(readFileSync(join(k8sFolder, '../docs/cluster/run.json'), 'utf8')) as RunResult;

describe.skipIf(!canRender).each(complete)('the requests of $title', ({ combination }) => {
  const requestsOf = (service: string) =>
    workloadsIn(manifestsOf(combination)).find(({ metadata }) => metadata.name === service)?.spec.template.spec
      .containers[0]?.resources?.requests;

  it('are at least what the pods used in the recorded run', () => {
    expect(usage.map(({ service }) => service)).toEqual(['account', 'console', 'customer', 'nginx', 'postgres']);
    for (const { service, p95Millicores, peakMebibytes } of usage) {
      const requests = requestsOf(service);
      // The PostgreSQL of `production` is elsewhere.
      if (requests === undefined && service === 'postgres') continue;
      expect(quantity(requests?.['cpu'] ?? '0') * 1_000, `${service}, millicores`).toBeGreaterThanOrEqual(
        p95Millicores,
      );
      expect(quantity(requests?.['memory'] ?? '0') / 2 ** 20, `${service}, MiB`).toBeGreaterThanOrEqual(peakMebibytes);
    }
  });
});

describe.skipIf(!canRender)('the requests of local', () => {
  it('leave room for a rollout at the most replicas on a node with two cores', () => {
    const manifests = manifestsOf({ overlay: 'local', components: [] });
    const most = new Map(
      ofKind<{ maxReplicas: number; scaleTargetRef: { name: string } }>(manifests, 'HorizontalPodAutoscaler').map(
        ({ spec }) => [spec.scaleTargetRef.name, spec.maxReplicas],
      ),
    );
    // One more of each that an autoscaler scales: all of them may be replaced at the same time.
    const millicores = workloadsIn(manifests)
      .filter(({ kind }) => kind !== 'Job')
      .map(({ metadata, spec }) => {
        const replicas = most.has(metadata.name) ? most.get(metadata.name)! + 1 : 1;
        return replicas * quantity(spec.template.spec.containers[0]?.resources?.requests?.['cpu'] ?? '0') * 1_000;
      });
    /** CoreDNS and metrics-server request 100 each. */
    const ofCluster = 200;

    expect(cluster.nodes).toHaveLength(1);
    expect(millicores.reduce((sum, each) => sum + each, ofCluster)).toBeLessThanOrEqual(2_000);
  });
});
