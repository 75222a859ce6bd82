import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../postgres/index.ts';
import { auditLedger, type LedgerViolation, type RecordedRequest, type RecordedResponse } from './audit.ts';
import { countPending, customerExists, readLedger } from './ledger.ts';
import { isFinal, RetryingClient } from './retrying-client.ts';

/** A request of a client that may have received no final response. */
export interface SettledRequest {
  readonly key: string;
  readonly customerId: string;
  /** 0 without a response. */
  readonly status: number;
  readonly accountId?: string;
}

/** Where the accounts were opened. */
export interface LedgerLocation {
  readonly gatewayUrl: string;
  readonly databaseUrl: string;
}

/** The result of an audit. */
export interface LedgerResult {
  /** Requests of clients, including those that received no response at first. */
  readonly requests: number;
  readonly accounts: number;
  /** Requests that were retried under their keys after the load, because they had no final response. */
  readonly retried: number;
  readonly findings: readonly LedgerViolation[];
}

/** Longer than the reconciler's back-off after the few failures of a run; its longest is an hour. */
const settleTimeoutMs = 120_000;
/** Two replicas of account verify sixteen a second. */
const msPerPendingAccount = 100;
const concurrentClients = 8;

/**
 * Waits until nothing is pending and compares the responses with the ledger. Requests without a final response are
 * first retried under their keys, as clients do; the measures do not include these retries.
 *
 * @param requests all requests that opened accounts in this database
 * @param isDueAtOnce whether pending accounts do not wait for the end of their back-off, which grew while customer stayed down
 */
export async function settleAndAudit(
  { gatewayUrl, databaseUrl }: LedgerLocation,
  requests: readonly SettledRequest[],
  { isDueAtOnce }: { readonly isDueAtOnce: boolean },
): Promise<LedgerResult> {
  const unsettled = requests.filter((request) => finalResponse(request) === undefined);
  const later = await retryAll(gatewayUrl, unsettled);
  const recorded = requests.map((request): RecordedRequest => {
    const response = finalResponse(request) ?? later.get(request.key);
    return { key: request.key, customerId: request.customerId, responses: response === undefined ? [] : [response] };
  });
  const pending = await countPending(databaseUrl);
  if (isDueAtOnce && pending > 0) await makeDue(databaseUrl);
  const deadline = performance.now() + settleTimeoutMs + pending * msPerPendingAccount;
  while ((await countPending(databaseUrl)) > 0 && performance.now() < deadline) await delay(500);
  const ledger = await readLedger(databaseUrl);
  return {
    requests: requests.length,
    accounts: ledger.accounts.length,
    retried: unsettled.length,
    findings: auditLedger(recorded, ledger, customerExists),
  };
}

function finalResponse({ status, accountId }: SettledRequest): RecordedResponse | undefined {
  return isFinal(status) ? { status, accountId } : undefined;
}

async function retryAll(
  gatewayUrl: string,
  requests: readonly SettledRequest[],
): Promise<ReadonlyMap<string, RecordedResponse>> {
  const client = new RetryingClient({ gatewayUrl, attemptTimeoutMs: 12_000, totalTimeoutMs: 60_000 });
  const responses = new Map<string, RecordedResponse>();
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const response = await client.openAccount(next.key, next.customerId);
      if (response) responses.set(next.key, response);
    }
  };
  await Promise.all(Array.from({ length: concurrentClients }, work));
  return responses;
}

/** As an operator would (docs/runbook.md#try-to-verify-accounts-again). */
async function makeDue(databaseUrl: string): Promise<void> {
  const sql = 'UPDATE account.pending_verifications SET next_attempt_at = now(), attempts = 0, failures = 0';
  await withClient(databaseUrl, (client) => client.query(sql));
}
