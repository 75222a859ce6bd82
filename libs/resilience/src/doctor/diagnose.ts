import { type Check, severities, type Severity } from './checks/check.ts';
import { endpointChecks } from './checks/endpoints.checks.ts';
import { limitChecks } from './checks/limits.checks.ts';
import { retryChecks } from './checks/retry.checks.ts';
import { stateChecks } from './checks/states.checks.ts';
import { timingChecks } from './checks/timing.checks.ts';
import { windowChecks } from './checks/window.checks.ts';
import type { Instance } from './instance.ts';
import type { Traffic } from './traffic.ts';

/** Every check, in the order of the documentation. A code never changes and is never reused. */
export const checks = [
  ...windowChecks,
  ...stateChecks,
  ...timingChecks,
  ...retryChecks,
  ...limitChecks,
  ...endpointChecks,
] as const;

/** The code of a kind of mistake, stable for programs. */
export type FindingCode = (typeof checks)[number]['code'];

/** A mistake in the configuration of an instance, or something good to know about it. */
export interface Finding {
  /** The instance's name. */
  readonly instance: string;
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is wrong, with the arithmetic, and what to do about it. */
  readonly message: string;
}

/**
 * Finds configurations that can never do what was intended. Instance by instance, the worst first.
 *
 * @param traffic what is known about the calls; the more is known, the more checks apply
 * @example
 * const instance = describeInstance('customer', { circuitBreaker: { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 } });
 * const findings = diagnose([instance], { latencyMs: 2_000, concurrency: 1 });
 */
export function diagnose(instances: readonly Instance[], traffic: Traffic = {}): readonly Finding[] {
  return instances.flatMap((instance) => {
    const findings = checks.flatMap((check) => findingsOf(check, instance, traffic));
    return findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  });
}

/**
 * What to log when an application starts: errors and warnings, without `info`.
 *
 * @example
 * for (const warning of startUpWarnings(instancesOf({ circuitBreaker: registry }))) logger.warn(warning);
 */
export function startUpWarnings(instances: readonly Instance[], traffic: Traffic = {}): readonly string[] {
  return diagnose(instances, traffic)
    .filter(({ severity }) => severity !== 'info')
    .map(({ instance, code, message }) => `${instance}: ${message} (${code})`);
}

function findingsOf(
  check: Check & { readonly code: FindingCode },
  instance: Instance,
  traffic: Traffic,
): readonly Finding[] {
  const { code, severity } = check;
  const result = check.run(instance, traffic);
  if (result === undefined) return [];
  return [{ instance: instance.name, code, severity, ...(typeof result === 'string' ? { message: result } : result) }];
}
