import { problemKinds } from '@breakwater/service-kit';

/** The problems of the lab entry, in addition to those of account. `docs/problems.md` explains each; a test compares both. */
export const labKinds = problemKinds({
  'circuit-breaker-not-found': { status: 404, title: 'Circuit breaker not found' },
  // prose-allow told: the type is part of the API
  'customer-not-told': { status: 502, title: 'Customer not changed' },
});
