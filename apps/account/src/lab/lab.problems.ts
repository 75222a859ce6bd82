import { kindsOf, type ProblemCatalogue } from '@breakwater/service-kit';

/** The problems of the lab entry, in addition to those of account. `docs/problems.md` lists the same, which a test checks. */
export const labProblems = {
  'circuit-breaker-not-found': {
    status: 404,
    title: 'Circuit breaker not found',
    when: 'The experiment names a circuit breaker that does not exist.',
    remedy: 'Use one of the names in `known`.',
  },
  'customer-not-told': {
    status: 502,
    title: 'Customer not changed',
    when: 'A replica of customer could not be reached, or rejected the request of the experiment.',
    remedy: 'See `replicas` for the response of each.',
  },
} as const satisfies ProblemCatalogue;

export const labKinds = kindsOf(labProblems);
