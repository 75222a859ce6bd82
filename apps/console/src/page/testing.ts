import { vi } from 'vitest';
import { type ConsoleState, initialState } from './console-state.ts';
import type { AccountReplica, Breaker, CustomerReplica, LoadState, Snapshot } from '../protocol/messages.ts';

/** A healthy circuit breaker, except for the changes. */
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
    pools: {},
    findings: [],
    traffic: null,
    ...changes,
  };
}

export function customerWith(changes: Partial<CustomerReplica> = {}): CustomerReplica {
  return {
    name: 'customer-1',
    address: 'customer-1:3001',
    problem: null,
    activeFaults: [],
    injectedPerSecond: 0,
    latencySeconds: null,
    ...changes,
  };
}

export const noLoad: LoadState = { isAllowed: true, rate: 0, endsAt: null, sent: 0, responses: {}, skipped: 0 };

export function snapshotWith(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    at: 1_000_000,
    traffic: null,
    pending: null,
    faults: [],
    accounts: [replicaWith()],
    customers: [],
    load: noLoad,
    processes: null,
    ...changes,
  };
}

export function liveState(changes: Partial<Snapshot> = {}): ConsoleState {
  return { ...initialState, connection: 'live', snapshot: snapshotWith(changes) };
}

/** A request of the page to its server. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** Replaces the server, until globals are restored, and returns the list of its requests. */
export function stubServer(respond: (request: ReceivedRequest) => Response): ReceivedRequest[] {
  const requests: ReceivedRequest[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const request = {
      method: init.method ?? 'GET',
      path: path.replace('/console/api', ''),
      token: headers.get('authorization') ?? undefined,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    };
    requests.push(request);
    return respond(request);
  });
  return requests;
}

export const success = (): Response => Response.json({ replicas: [] });

export const unauthorized = (): Response =>
  Response.json({ replicas: [{ replica: 'a', status: 401 }] }, { status: 401 });
