import { isDeepStrictEqual } from 'node:util';
import { render } from '../kustomize/kustomize.ts';
import { type Manifest, parseManifests } from '../kustomize/manifest.ts';
import { type Cluster, until } from './cluster.ts';
import { isReady, lacksImage, type Pod, problemOf, unschedulable } from './pods.ts';
import type { Run } from './run.ts';

/** How manifests with a component differ from those without it. */
export interface Difference {
  readonly added: readonly Manifest[];
  /** The objects that both have, where they differ: without the component, and with it. */
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
}

const keyOf = ({ apiVersion, kind, metadata }: Manifest): string =>
  [apiVersion, kind, metadata.namespace, metadata.name].join(' ');

/** Only what differs: other objects may have been changed since they were installed, as autoscalers are. */
export function differenceOf(without: readonly Manifest[], having: readonly Manifest[]): Difference {
  const installed = new Map(without.map((object) => [keyOf(object), object]));
  const after = having.filter((object) => {
    const before = installed.get(keyOf(object));
    return before !== undefined && !isDeepStrictEqual(before, object);
  });
  return {
    added: having.filter((object) => !installed.has(keyOf(object))),
    before: after.map((object) => installed.get(keyOf(object))!),
    after,
  };
}

/** A folder of `k8s/components`, for the installed system. */
export class Component {
  readonly #cluster: Cluster;
  readonly #difference: Difference;
  #hasChanged = false;

  constructor({ cluster, manifests }: Pick<Run, 'cluster' | 'manifests'>, name: string) {
    this.#cluster = cluster;
    const having = render({ overlay: 'local', components: ['network-policies', name] });
    this.#difference = differenceOf(parseManifests(manifests), parseManifests(having));
  }

  /** The objects that only the component has. */
  get added(): readonly Manifest[] {
    return this.#difference.added;
  }

  /** Installs the objects of the component. */
  async add(): Promise<void> {
    await this.#apply(this.added);
  }

  /** Changes the objects of the system, and waits for the rollouts. */
  async change(): Promise<void> {
    this.#hasChanged = true;
    await this.#rollOut(this.#difference.after);
  }

  /** Removes the objects of the component, and changes those of the system back. */
  async remove(): Promise<void> {
    if (this.#hasChanged) await this.#rollOut(this.#difference.before);
    await this.#cluster.kubectl.mustRun(
      ['delete', '--ignore-not-found', '--timeout=1m', '-f', '-'],
      listOf(this.added),
    );
  }

  async #rollOut(objects: readonly Manifest[]): Promise<void> {
    await this.#apply(objects);
    for (const { metadata } of objects.filter(({ kind }) => kind === 'Deployment')) {
      await this.#cluster.run('rollout', 'status', `deployment/${metadata.name}`, '--timeout=3m');
    }
  }

  async #apply(objects: readonly Manifest[]): Promise<void> {
    // Earlier steps have changed the same fields with other commands.
    await this.#cluster.kubectl.mustRun(['apply', '--server-side', '--force-conflicts', '-f', '-'], listOf(objects));
  }
}

/** As JSON: kubectl reads an unquoted `on` of YAML as true. */
export const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/**
 * Waits until pods are ready.
 *
 * @param read the pods, as they are now
 * @returns why a node cannot start one, when it cannot get the image; undefined when all are ready
 */
export async function untilStarted(
  what: string,
  least: number,
  read: () => Promise<readonly Pod[]>,
  pauseMs = 1_000,
): Promise<string | undefined> {
  const began = performance.now();
  const look = async (): Promise<{ readonly missing?: string } | undefined> => {
    const pods = await read();
    for (const pod of pods) {
      const problem = problemOf(pod) ?? (performance.now() - began > 60_000 ? unschedulable(pod) : undefined);
      if (problem !== undefined && lacksImage(pod)) return { missing: problem };
      if (problem !== undefined) throw new Error(problem);
    }
    return pods.length >= least && pods.every(isReady) ? {} : undefined;
  };
  return (await until(`${what} ready`, 180, look, pauseMs)).missing;
}
