import type { BreakerSample, ClientRequest, RunRecord, ServiceSample } from '../run-record.ts';

/** A request with a good response. */
export const requestAt = (atMs: number, change: Partial<ClientRequest> = {}): ClientRequest => ({
  key: `k-${atMs}`,
  customerId: 'c-1001',
  atMs,
  durationMs: 20,
  status: 201,
  accountId: `a-${atMs}`,
  verifiedBy: 'CUSTOMER',
  ...change,
});

/** Ten requests per second from one time to another, in milliseconds. */
export const requestsBetween = (fromMs: number, toMs: number, change: Partial<ClientRequest> = {}): ClientRequest[] =>
  Array.from({ length: (toMs - fromMs) / 100 }, (_, index) => requestAt(fromMs + index * 100, change));

export const breakersAt = (atMs: number, first: string, second: string): BreakerSample => ({
  atMs,
  states: { 'account-1': first, 'account-2': second },
});

export const servicesAt = (
  atMs: number,
  customerCalls: number,
  change: Partial<ServiceSample> = {},
): ServiceSample => ({
  atMs,
  customerCalls: { 'customer-1': customerCalls / 2, 'customer-2': customerCalls / 2 },
  waitingCalls: { 'customer-1': 0, 'customer-2': 0 },
  ejections: { 'customer-1': 0, 'customer-2': 0 },
  memoryBytes: { 'account-1': 100e6 },
  eventLoopLagMs: { 'account-1': 10 },
  processors: { generator: 0.1, own: 0.7, machine: 0.8 },
  ...change,
});

/**
 * A run that keeps every threshold: 10 s before the fault, 20 s during, 20 s after. The breakers open after 2 s, in which
 * responses take 2 s; then stale values are used; 10 s after the end of the fault customer is called again.
 */
export function sampleRun(change: Partial<RunRecord> = {}): RunRecord {
  return {
    scenario: 'customer-slow',
    engine: 'sliding-window',
    variant: 'as-configured',
    isShort: false,
    startedAt: '2030-01-02T03:04:05.678Z',
    machine: { processors: 2, description: 'two processors' },
    phases: [
      { name: 'warm-up', fromMs: -5_000, toMs: 0 },
      { name: 'before', fromMs: 0, toMs: 10_000 },
      { name: 'during', fromMs: 10_000, toMs: 30_000 },
      { name: 'after', fromMs: 30_000, toMs: 50_000 },
    ],
    marks: [
      { atMs: 10_000, title: 'customer takes 2 s' },
      { atMs: 30_000, title: 'customer is healthy' },
    ],
    faultyReplicas: [],
    requests: [
      ...requestsBetween(0, 10_000),
      ...requestsBetween(10_000, 12_000, { durationMs: 2_000 }),
      ...requestsBetween(12_000, 40_000, { durationMs: 5, verifiedBy: 'LAST_GOOD' }),
      ...requestsBetween(40_000, 50_000),
    ],
    breakers: [
      breakersAt(0, 'CLOSED', 'CLOSED'),
      breakersAt(11_800, 'OPEN', 'CLOSED'),
      breakersAt(12_000, 'OPEN', 'OPEN'),
      breakersAt(40_000, 'CLOSED', 'CLOSED'),
    ],
    services: [
      servicesAt(0, 0),
      servicesAt(10_000, 100),
      servicesAt(12_000, 120),
      servicesAt(30_000, 121),
      servicesAt(50_000, 221),
    ],
    forwarded: [],
    droppedRequests: 0,
    ledger: { requests: 500, accounts: 500, retried: 0, findings: [] },
    omissions: [],
    ...change,
  };
}
