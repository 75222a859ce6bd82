import type { Instance } from './instance.ts';
import type { Traffic } from './traffic.ts';

/**
 * How bad it is:
 *
 * - `error`: something configured can never happen, or calls are refused or fail all the time though nothing is wrong.
 * - `warning`: it works, but not as it reads, or only sometimes, or it hurts when the dependency is in trouble.
 * - `info`: worth knowing; often it is meant so.
 */
export type Severity = 'error' | 'warning' | 'info';

/** Worst first. */
export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** What a check says about an instance. */
export interface Verdict {
  /** What is the matter, with the arithmetic, and what to do. */
  readonly message: string;
  /** Where it is not as bad as the check's own severity, or worse. */
  readonly severity?: Severity;
}

/** One kind of mistake, and how to find it. */
export interface Check {
  /** Stable: programs rely on it. */
  readonly code: string;
  /** The mistake in one line. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters, what is looked at, and when the severity is another one. For the documentation, in Markdown. */
  readonly doc: string;
  /** `undefined` when nothing is the matter, or when what would have to be known is not. */
  run(instance: Instance, traffic: Traffic): Verdict | undefined;
}
