import { bulkheadBelowDemand } from './checks/bulkhead-below-demand.ts';
import { bulkheadWaitAboveTimeout } from './checks/bulkhead-wait-above-timeout.ts';
import { combinedThresholdNeverDecides } from './checks/combined-threshold-never-decides.ts';
import { halfOpenCanHang } from './checks/half-open-can-hang.ts';
import { halfOpenDecidesEarly } from './checks/half-open-decides-early.ts';
import { halfOpenPermitsUnreached } from './checks/half-open-permits-unreached.ts';
import { initialStateIsFinal } from './checks/initial-state-is-final.ts';
import { minimumAboveCountWindow } from './checks/minimum-above-count-window.ts';
import { minimumNeverReached } from './checks/minimum-never-reached.ts';
import { minimumNotAlwaysReached } from './checks/minimum-not-always-reached.ts';
import { openOutlastsRetries } from './checks/open-outlasts-retries.ts';
import { opensLate } from './checks/opens-late.ts';
import { rateLimitBelowRate } from './checks/rate-limit-below-rate.ts';
import { rateLimitWithoutEffect } from './checks/rate-limit-without-effect.ts';
import { retryExceedsCallerPatience } from './checks/retry-exceeds-caller-patience.ts';
import { retryFillsWindow } from './checks/retry-fills-window.ts';
import { retryInsideBreaker } from './checks/retry-inside-breaker.ts';
import { retryNeverRetries } from './checks/retry-never-retries.ts';
import { retryOfRefusals } from './checks/retry-of-refusals.ts';
import { singleCallOpens } from './checks/single-call-opens.ts';
import { slowThresholdAboveTimeout } from './checks/slow-threshold-above-timeout.ts';
import { slowThresholdBelowLatency } from './checks/slow-threshold-below-latency.ts';
import { slowThresholdNeverReached } from './checks/slow-threshold-never-reached.ts';
import { thresholdNeedsEveryCall } from './checks/threshold-needs-every-call.ts';
import { thresholdNeverReached } from './checks/threshold-never-reached.ts';
import { timeLimiterOutsideBreaker } from './checks/time-limiter-outside-breaker.ts';
import { timeoutAboveCallerDeadline } from './checks/timeout-above-caller-deadline.ts';
import { timeoutBelowLatency } from './checks/timeout-below-latency.ts';
import { timeoutCutsRetries } from './checks/timeout-cuts-retries.ts';
import { waitAboveCallerDeadline } from './checks/wait-above-caller-deadline.ts';
import { waitInOpenTooShort } from './checks/wait-in-open-too-short.ts';
import type { Check } from './finding.ts';

/** Every check, in the order of the documentation. Codes never change and are never used again. */
export const checks = [
  minimumAboveCountWindow,
  minimumNeverReached,
  minimumNotAlwaysReached,
  opensLate,
  singleCallOpens,
  thresholdNeedsEveryCall,
  thresholdNeverReached,
  combinedThresholdNeverDecides,
  slowThresholdAboveTimeout,
  slowThresholdNeverReached,
  slowThresholdBelowLatency,
  initialStateIsFinal,
  waitInOpenTooShort,
  halfOpenPermitsUnreached,
  halfOpenDecidesEarly,
  halfOpenCanHang,
  timeoutBelowLatency,
  timeoutAboveCallerDeadline,
  timeLimiterOutsideBreaker,
  waitAboveCallerDeadline,
  retryExceedsCallerPatience,
  retryFillsWindow,
  retryOfRefusals,
  retryNeverRetries,
  openOutlastsRetries,
  retryInsideBreaker,
  timeoutCutsRetries,
  bulkheadBelowDemand,
  bulkheadWaitAboveTimeout,
  rateLimitBelowRate,
  rateLimitWithoutEffect,
] as const satisfies readonly Check[];

/** The code of a kind of mistake, stable for programs. */
export type FindingCode = (typeof checks)[number]['code'];
