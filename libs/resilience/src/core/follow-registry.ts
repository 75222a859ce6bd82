import type { Unsubscribe } from './events.ts';
import type { Partition } from './partitions.ts';

/** The part of a registry that is needed to follow it. */
export interface FollowableRegistry<P> {
  all(): readonly P[];
  on(
    type: 'ENTRY_ADDED' | 'ENTRY_REMOVED',
    listener: (event: { readonly type: string; readonly entry: P }) => unknown,
  ): Unsubscribe;
  /** Which partition an instance is for; left out by a registry without partitions. */
  partitionOf?(name: string): Partition | undefined;
}

/**
 * Calls `attach` for each existing instance of a registry and for each one that it creates later.
 *
 * @param attach returns a function that undoes it; called when the instance is removed
 * @returns detaches from all instances
 */
export function followRegistry<P>(registry: FollowableRegistry<P>, attach: (instance: P) => Unsubscribe): Unsubscribe {
  const attached = new Map<P, Unsubscribe>();
  const add = (instance: P): void => void attached.set(instance, attach(instance));
  const remove = (instance: P): void => {
    attached.get(instance)?.();
    attached.delete(instance);
  };

  for (const instance of registry.all()) add(instance);
  const stopAdding = registry.on('ENTRY_ADDED', ({ entry }) => add(entry));
  const stopRemoving = registry.on('ENTRY_REMOVED', ({ entry }) => remove(entry));
  return () => {
    stopAdding();
    stopRemoving();
    for (const instance of attached.keys()) remove(instance);
  };
}
