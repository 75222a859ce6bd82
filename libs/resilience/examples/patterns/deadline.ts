import { Deadline, deadlineHeaders, TimeLimiter } from '@breakwater/resilience';

const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '2s' });

/** The tighter of two seconds and what the caller leaves; the next service is told what remains. */
export function findCustomer(url: string, deadline = Deadline.after('5s')): Promise<Response> {
  return timeLimiter.execute(({ signal, deadline: left }) => fetch(url, { signal, headers: deadlineHeaders(left) }), {
    deadline,
  });
}
