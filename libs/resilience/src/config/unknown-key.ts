import type { Findings } from './findings.ts';
import { nearestRelaxed, spelledLike } from './relaxed-name.ts';

/** What a key might have been, where it stands. */
export interface Vocabulary {
  /** What would mean something. */
  readonly known: readonly string[];
  /** What Resilience4j knows and what means nothing here. */
  readonly meaningless: readonly string[];
}

/** Tells of a key that means nothing: a fault when it looks like a mistyped one, else merely ignored. */
export function reportUnknownKey(
  written: string,
  origin: string,
  { known, meaningless }: Vocabulary,
  findings: Findings,
): void {
  const nearest = nearestRelaxed(written, [...known, ...meaningless]);
  if (nearest === undefined || meaningless.includes(nearest)) findings.ignored(origin);
  else findings.fault(origin, 'not known', `${spelledLike(written, nearest)}, if that is what you meant`);
}
