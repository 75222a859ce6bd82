import type { AccountReplica, Breaker, LoadState, Snapshot } from '../../protocol/messages.ts';
import { type ConsoleState, nothingYet } from '../state/console-state.ts';

/** A circuit breaker that is well, but for what is said otherwise. */
export function breakerWith(changes: Partial<Breaker> = {}): Breaker {
  return {
    state: 'CLOSED',
    admissionPercentage: 100,
    remainingMs: null,
    metrics: {
      failureRate: 20,
      slowCallRate: 0,
      combinedRate: 20,
      bufferedCalls: 5,
      failedCalls: 1,
      successfulCalls: 4,
      slowCalls: 0,
      slowFailedCalls: 0,
      slowSuccessfulCalls: 0,
      notPermittedCalls: 7,
    },
    thresholds: {
      failureRate: 50,
      slowCallRate: 80,
      combinedRate: null,
      slowCallDurationMs: 1_000,
      minimumNumberOfCalls: 10,
      permittedNumberOfCallsInHalfOpenState: 3,
    },
    window: { type: 'COUNT_BASED', size: 10, outcomes: ['SUCCESS', 'SUCCESS', 'ERROR', 'SUCCESS', 'SUCCESS'] },
    ...changes,
  };
}

export function replicaWith(changes: Partial<AccountReplica> = {}): AccountReplica {
  return {
    name: 'account-1',
    problem: null,
    hasEvents: true,
    breakers: { customer: breakerWith() },
    findings: [],
    ...changes,
  };
}

export const noLoad: LoadState = { isAllowed: true, rate: 0, endsAt: null, sent: 0, answers: {}, skipped: 0 };

export function snapshotWith(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    at: 1_000_000,
    traffic: null,
    pending: null,
    accounts: [replicaWith()],
    customers: [],
    load: noLoad,
    changes: [],
    ...changes,
  };
}

export function liveState(changes: Partial<Snapshot> = {}): ConsoleState {
  return { ...nothingYet, connection: 'live', snapshot: snapshotWith(changes) };
}
