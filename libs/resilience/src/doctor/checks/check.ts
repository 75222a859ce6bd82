import type { ErrorClass } from '../../core/options.ts';
import type { Instance } from '../instance.ts';
import type { Traffic } from '../traffic.ts';

/**
 * How bad a finding is:
 *
 * - `error`: a configured behaviour can never occur, or calls fail or are refused although the dependency is healthy.
 * - `warning`: it works differently than it reads, or only sometimes, or makes an outage of the dependency worse.
 * - `info`: good to know; often intended.
 */
export type Severity = 'error' | 'warning' | 'info';

/** Worst first. */
export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** One kind of mistake, and how to find it. */
export interface Check {
  /** Stable: programs rely on it. */
  readonly code: string;
  /** The mistake in one line. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters, what is examined, and when the severity differs. Markdown, for the documentation. */
  readonly doc: string;
  /** `undefined` when the instance has no such mistake, or when the traffic is not known well enough. */
  run(instance: Instance, traffic: Traffic): CheckResult | undefined;
}

/**
 * What is wrong, with the arithmetic, and what to do about it. With a severity where it differs from that of the check.
 */
export type CheckResult = string | { readonly severity: Severity; readonly message: string };

/** Whether instances of a class are instances of one of the others as well. */
export function isCoveredBy(others: readonly ErrorClass[], errorClass: ErrorClass): boolean {
  return others.some((other) => other === errorClass || errorClass.prototype instanceof other);
}

/** The names of error classes, for a message. */
export function namesOf(errorClasses: readonly ErrorClass[]): string {
  return errorClasses.map(({ name }) => name).join(', ');
}
