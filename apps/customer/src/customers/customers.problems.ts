import { kindsOf, type ProblemCatalogue } from '@breakwater/service-kit';

/** The problems of customer, in addition to those of every service. A test compares them with `docs/problems.md`. */
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
    when: 'The fault `capacity` is set, all workers are busy and the queue in front of them is full.',
    remedy: 'Try again later, and less often.',
  },
  'injected-fault': {
    status: 503,
    title: 'Injected fault',
    when: 'The fault `errors` is set; it responds with this or any other status from 400 to 599.',
    remedy: 'Handle the status as usual; turn the fault off at `/faults`.',
  },
} as const satisfies ProblemCatalogue;

export const customerKinds = kindsOf(customerProblems);
