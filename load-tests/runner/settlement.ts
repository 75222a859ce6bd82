import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSystem } from '@breakwater/system-runner';
import {
  auditLedger,
  countPending,
  readLedger,
  type RecordedResponse,
  type RecordedRequest,
} from '@breakwater/system-runner/ledger';
import type { ClientRequest, LedgerVerdict } from './run-record.ts';

/** By the pace of the reconciler, and its longest back-off, what is pending has been settled by then. */
const settleWithinMs = 120_000;
/** How long clients go on asking what became of a request. */
const patienceMs = 60_000;
const clientsAtOnce = 8;

/** Customers that exist, as customer seeds them; not taken from the services. */
const customerExists = (customerId: string): boolean => /^c-1(?:0(?:0[1-9]|[1-9]\d)|100)$/.test(customerId);

/**
 * Waits until everything has come to rest, and compares what clients were told with what is in the database. Whoever got
 * no answer that settled it asks again under its key first, as clients do; what they were told while load was on is
 * measured without that.
 */
export async function settleAndAudit(system: LocalSystem, requests: readonly ClientRequest[]): Promise<LedgerVerdict> {
  const unsettled = requests.filter((request) => answerOf(request) === undefined);
  const later = await askAgain(system.gatewayUrl, unsettled);
  const recorded = requests.map((request): RecordedRequest => {
    const answer = answerOf(request) ?? later.get(request.key);
    return { key: request.key, customerId: request.customerId, responses: answer === undefined ? [] : [answer] };
  });
  const deadline = performance.now() + settleWithinMs;
  while ((await countPending(system.database.url)) > 0 && performance.now() < deadline) await delay(500);
  const books = await readLedger(system.database.url);
  return {
    requests: requests.length,
    accounts: books.accounts.length,
    askedAgain: unsettled.length,
    findings: auditLedger(recorded, books, customerExists),
  };
}

function answerOf({ status, accountId }: ClientRequest): RecordedResponse | undefined {
  return settles(status) ? { status, accountId } : undefined;
}

/** Errors and refusals say nothing of what became of a request. */
const settles = (status: number): boolean => status > 0 && status < 500 && status !== 429;

async function askAgain(
  gatewayUrl: string,
  requests: readonly ClientRequest[],
): Promise<ReadonlyMap<string, RecordedResponse>> {
  const answers = new Map<string, RecordedResponse>();
  const waiting = [...requests];
  const deadline = performance.now() + patienceMs;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && performance.now() < deadline; next = waiting.shift()) {
      const answer = await ask(gatewayUrl, next);
      if (answer) answers.set(next.key, answer);
      else {
        waiting.push(next);
        await delay(200);
      }
    }
  };
  await Promise.all(Array.from({ length: clientsAtOnce }, work));
  return answers;
}

async function ask(gatewayUrl: string, { key, customerId }: ClientRequest): Promise<RecordedResponse | undefined> {
  try {
    const answer = await fetch(`${gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ customerId, currency: 'EUR' }),
      signal: AbortSignal.timeout(12_000),
    });
    const body = await answer.text();
    if (!settles(answer.status)) return undefined;
    const { id }: { id?: string } = JSON.parse(body);
    return { status: answer.status, accountId: id };
  } catch {
    return undefined;
  }
}
