import { checks, type FindingCode } from './checks.ts';
import { type Check, severities, type Severity } from './finding.ts';
import type { Instance } from './instance.ts';
import type { Traffic } from './traffic.ts';

/** One thing that is not as it should be, or that is worth knowing. */
export interface Finding {
  /** The instance's name. */
  readonly instance: string;
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is the matter in words, with the arithmetic, and what to do. */
  readonly message: string;
}

/**
 * Finds configurations that can never do what was meant. Instance by instance, the worst first.
 *
 * @param traffic what is known about the calls; the more it says, the more can be found
 * @example
 * const instance = describeInstance('customer', { circuitBreaker: { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 } });
 * const findings = diagnose([instance], { latencyMs: 2_000, concurrency: 1 });
 */
export function diagnose(instances: readonly Instance[], traffic: Traffic = {}): readonly Finding[] {
  return instances.flatMap((instance) => {
    const findings = checks.flatMap((check) => findingOf(check, instance, traffic));
    return findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  });
}

/**
 * What is worth a line in the log when an application starts: errors and warnings, without what is only worth knowing.
 *
 * @example
 * for (const warning of startUpWarnings(instancesOf({ circuitBreaker: registry }))) logger.warn(warning);
 */
export function startUpWarnings(instances: readonly Instance[], traffic: Traffic = {}): readonly string[] {
  return diagnose(instances, traffic)
    .filter(({ severity }) => severity !== 'info')
    .map(({ instance, code, message }) => `${instance}: ${message} (${code})`);
}

function findingOf(
  check: Check & { readonly code: FindingCode },
  instance: Instance,
  traffic: Traffic,
): readonly Finding[] {
  const verdict = check.run(instance, traffic);
  if (verdict === undefined) return [];
  const { code, severity } = check;
  return [{ instance: instance.name, code, severity: verdict.severity ?? severity, message: verdict.message }];
}
