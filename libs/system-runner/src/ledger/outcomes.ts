/** The parts of a request and its response that determine its outcome. */
interface Answered {
  readonly customerId: string;
  /** 0 without a response. */
  readonly status: number;
  readonly verifiedBy?: string;
}

/**
 * What a client receives, from best to worst.
 *
 * - verified now: 201, or 422 for a customer that does not exist, by a response of customer to this request
 * - last good value: 201, by a stale value
 * - accepted for later: 202
 * - refused: 503 or 429, so that nothing was done
 * - failed: any other response, or none in time
 */
export const outcomes = ['verified now', 'last good value', 'accepted for later', 'refused', 'failed'] as const;

export type Outcome = (typeof outcomes)[number];

export function outcomeOf({ status, verifiedBy, customerId }: Answered): Outcome {
  if (status === 201) return verifiedBy === 'LAST_GOOD' ? 'last good value' : 'verified now';
  if (status === 422) return customerId.startsWith('x-') ? 'verified now' : 'failed';
  if (status === 202) return 'accepted for later';
  return status === 503 || status === 429 ? 'refused' : 'failed';
}
