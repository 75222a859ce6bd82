import { type Cluster, clientNamespace, namespace, priorityClass } from './cluster.ts';
import { quantity } from '../kustomize/quantity.ts';
import type { ClusterFacts } from './record.ts';

/** The run would change an installation that is not its own. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** @throws RefusedError when an object that the run creates, and removes at the end, exists already */
export async function refuseExisting(cluster: Pick<Cluster, 'context' | 'has'>): Promise<void> {
  const created = [
    ['namespace', namespace],
    ['namespace', clientNamespace],
    ['priorityclass', priorityClass],
  ] as const;
  for (const [kind, name] of created) {
    if (await cluster.has(kind, name)) {
      throw new RefusedError(
        `the ${kind} ${name} exists in ${cluster.context} already. The run creates it and removes it at the end. ` +
          `Remove it (kubectl --context ${cluster.context} delete ${kind} ${name}), or use another cluster.`,
      );
    }
  }
}

interface Node {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status: { readonly capacity: { readonly cpu: string; readonly memory: string } };
}

/** What the cluster has of what steps need. @throws Error when it lacks what every step needs */
export async function factsOf(cluster: Cluster): Promise<ClusterFacts> {
  const { gitVersion } = await cluster.get<{ gitVersion: string }>('/version');
  const { items } = await cluster.get<{ items: Node[] }>('/api/v1/nodes');
  const classes = await cluster.get<{ items: unknown[] }>('/apis/storage.k8s.io/v1/storageclasses');
  if (classes.items.length === 0) {
    throw new Error('the cluster has no StorageClass, and PostgreSQL needs a volume. Install a provisioner first.');
  }
  return {
    version: gitVersion,
    nodes: items
      .filter(({ spec }) => spec?.unschedulable !== true)
      .map(({ metadata, status }) => ({
        name: metadata.name,
        processors: quantity(status.capacity.cpu),
        memoryGiB: Math.round(quantity(status.capacity.memory) / 2 ** 30),
      })),
    hasMetrics: (await cluster.kubectl.run(['top', 'nodes'])).isOk,
  };
}
