import type { ClientRequest } from './run-record.ts';

/** What a client was told, from best to worst; `201 last good` is an account opened by customer's answer of some time ago. */
export const outcomes = ['201', '201 last good', '202', '422', '503', 'error'] as const;

export type Outcome = (typeof outcomes)[number];

export function outcomeOf({ status, verifiedBy }: ClientRequest): Outcome {
  if (status === 201) return verifiedBy === 'LAST_GOOD' ? '201 last good' : '201';
  if (status === 202) return '202';
  if (status === 422) return '422';
  return status === 503 ? '503' : 'error';
}

/** Whether it was told in time what became of its request: there is an account, or there is no such customer. */
export function isGood(request: ClientRequest): boolean {
  const outcome = outcomeOf(request);
  return outcome === '422' ? request.customerId.startsWith('x-') : outcome !== '503' && outcome !== 'error';
}

/** Whether customer was asked for it, and answered. */
export function isFresh(request: ClientRequest): boolean {
  const outcome = outcomeOf(request);
  return outcome === '201' || outcome === '422';
}

/** An answer 5xx: somebody gave up on the client. No answer at all is another matter. */
export const isServerError = ({ status }: ClientRequest): boolean => status >= 500;

export function countOutcomes(requests: readonly ClientRequest[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { '201': 0, '201 last good': 0, '202': 0, '422': 0, '503': 0, error: 0 };
  for (const request of requests) counts[outcomeOf(request)] += 1;
  return counts;
}
