import type { Unsubscribe } from './events.ts';

/** What of a registry is needed to follow it. */
export interface FollowableRegistry<P> {
  all(): readonly P[];
  on(
    type: 'ENTRY_ADDED' | 'ENTRY_REMOVED',
    listener: (event: { readonly type: string; readonly entry: P }) => unknown,
  ): Unsubscribe;
}

/**
 * Attaches something to each instance of a registry: to those it holds, and to those that it is given later. What is
 * attached to an instance ends when the registry forgets the instance.
 *
 * @param attach called once for each instance; returns what undoes it
 * @returns what ends all of it
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
