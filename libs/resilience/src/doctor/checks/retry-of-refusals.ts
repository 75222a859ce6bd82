import { RejectedError } from '../../core/errors.ts';
import type { Check } from '../finding.ts';

export const retryOfRefusals = {
  code: 'retry-of-refusals',
  title: 'A retry that lists refusals, which are never retried',
  severity: 'warning',
  doc: 'A refusal (`RejectedError`: the circuit breaker is open, the bulkhead full, the rate exceeded) is never repeated, not even if `retryExceptions` lists it: the dependency was not asked, and asking the same policy again only adds to what it protects against. Resilience4j does repeat them.',
  run({ retry }) {
    const listed = (retry?.retryExceptions ?? []).filter(
      (errorClass) => errorClass === RejectedError || errorClass.prototype instanceof RejectedError,
    );
    if (listed.length === 0) return undefined;
    const isAll = listed.length === retry?.retryExceptions.length && retry.retryOnException === undefined;
    const names = listed.map(({ name }) => name).join(', ');
    return {
      message:
        `retryExceptions lists ${names}, which is never retried, since it is a refusal of our own and not an answer of the ` +
        `dependency.${isAll ? ' Nothing else is listed, so this retry never repeats anything.' : ''} Take it out, and give ` +
        'callers a fallback for it.',
    };
  },
} as const satisfies Check;
