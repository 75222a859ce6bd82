import { kindsOf, type ProblemCatalogue } from '@breakwater/service-kit';

/** What customer may answer with beside every service's. `docs/problems.md` lists the same, and a test holds the two together. */
export const customerProblems = {
  'customer-not-found': {
    status: 404,
    title: 'Customer not found',
    when: 'There is no customer with this id.',
    remedy: 'Correct the id.',
  },
  'capacity-exceeded': {
    status: 503,
    title: 'Capacity exceeded',
    when: 'All workers of the capacity that was set by hand are busy, and the queue before them is full.',
    remedy: 'Try again later, and less often.',
  },
  'injected-fault': {
    status: 503,
    title: 'Injected fault',
    when: 'The service was told to fail, with this or any other status from 400 to 599.',
    remedy: 'Do what you do about the status; end the fault at `/faults`.',
  },
} as const satisfies ProblemCatalogue;

export const customerKinds = kindsOf(customerProblems);
