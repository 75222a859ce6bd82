import { nearestName } from '../core/nearest-name.ts';

/** What is left of a name in Spring's relaxed binding, where case, dashes and underscores do not matter. */
export function relaxed(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

/** The known name that is written here in one of its relaxed forms. */
export function findRelaxed<T extends string>(written: string, known: Iterable<T>): T | undefined {
  const wanted = relaxed(written);
  for (const name of known) if (relaxed(name) === wanted) return name;
  return undefined;
}

/** The known name that a mistyped one most likely means, whatever the form it is written in. */
export function nearestRelaxed(mistyped: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(relaxed(mistyped), known.map(relaxed));
  return nearest === undefined ? undefined : findRelaxed(nearest, known);
}

/** A camel-case name in the form that the writer prefers: `slidingWindowSize`, `sliding-window-size`, `SLIDINGWINDOWSIZE`. */
export function spelledLike(written: string, name: string): string {
  if (written.includes('-')) return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return written === written.toUpperCase() ? name.toUpperCase() : name;
}
