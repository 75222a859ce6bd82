import { causesOf, ResilienceError } from './errors.ts';
import { abortSourceOf, type CallContext } from './policy.ts';

/**
 * Whether the caller cut the call off: it aborted, or its deadline passed. How such a call ends is no evidence against
 * the dependency, so the class of its error does not matter: HTTP clients have different ones for an abort.
 *
 * @param error what the call threw; `undefined` when it returned a value
 */
export function isCutOff(error: unknown, context: Partial<CallContext> | undefined): boolean {
  return isAborted(context) || context?.deadline?.remainingMs === 0 || isDeadlineError(error);
}

/** Whether the caller has aborted the call. */
export function isAborted(context: Partial<Pick<CallContext, 'signal'>> | undefined): boolean {
  return abortSourceOf(context)?.aborted === true;
}

/** Whether an error, or a cause of it, reports that the caller's deadline has passed. */
export function isDeadlineError(error: unknown): boolean {
  for (const cause of causesOf(error)) {
    if (!(cause instanceof ResilienceError)) continue;
    if (cause.code === 'DEADLINE_EXCEEDED' || timeLimitOf(cause) === 'deadline') return true;
  }
  return false;
}

/** Whether a time limiter ended a call because of its `timeoutDuration`, which shows that the dependency is slow. */
export function isTimeout(error: unknown): boolean {
  return error instanceof ResilienceError && timeLimitOf(error) === 'timeoutDuration';
}

/** What limited the time of a call that timed out; `undefined` for any other error. */
function timeLimitOf(error: ResilienceError): unknown {
  if (error.code !== 'TIMEOUT_EXCEEDED') return undefined;
  return 'limitedBy' in error ? error.limitedBy : 'timeoutDuration';
}
