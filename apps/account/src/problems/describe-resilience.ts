import type { Problem } from '@breakwater/service-kit';
import { describeRefusal } from '@breakwater/resilience/nest';

/** What a client is told where a policy refused a call or cut it off, and no fallback took over. */
export function describeResilience(error: unknown): Problem | undefined {
  const refusal = describeRefusal(error);
  if (refusal === undefined) return undefined;
  const { retryAfterSeconds, ...problem } = refusal;
  return retryAfterSeconds === undefined
    ? problem
    : { ...problem, headers: { 'retry-after': String(retryAfterSeconds) } };
}
