import type { AccountRow, EventRow, KeyRow, LedgerSnapshot } from './ledger.ts';

/** A request of a client with all final responses to it: repeating a request must change nothing. */
export interface RecordedRequest {
  /** Its idempotency key, unique among the requests. */
  readonly key: string;
  readonly customerId: string;
  /** Final responses only, without errors after which the client retried. */
  readonly responses: readonly RecordedResponse[];
}

export interface RecordedResponse {
  /** 201 or 202: there is an account. 422: there is no such customer, and no account. */
  readonly status: number;
  /** The account in the response; undefined when it contains none. */
  readonly accountId: string | undefined;
  /** The status and the version of that account, where a history is recorded. */
  readonly account?: { readonly status: string; readonly version: number };
}

/** A closing by a client: `maybe` when it received no response. */
export type Closing = 'closed' | 'maybe';

/** How responses and ledger disagree. */
export type ViolationKind =
  /** The client never received a final response. */
  | 'unanswered'
  /** A response that is neither success nor "no such customer". */
  | 'unexpected-answer'
  /** Two different responses to one request. */
  | 'contradiction'
  /** The same account in the responses to two requests. */
  | 'shared-account'
  /** A success without an account. */
  | 'lost-account'
  /** An account that no response contains: a request took effect twice, or although it was refused. */
  | 'extra-account'
  /** The account belongs to another customer. */
  | 'wrong-customer'
  /** An existing customer was refused. */
  | 'wrongly-refused'
  /** Not verified yet. */
  | 'pending'
  /** Verified with the wrong result. */
  | 'wrong-state'
  /** Not exactly one opening, or events that do not lead to the status of the account. */
  | 'wrong-history'
  /** The stored response is missing, or differs from the one that was sent. */
  | 'wrong-key'
  /** A pending verification of an account that needs none. */
  | 'stale-queue';

export interface LedgerViolation {
  readonly kind: ViolationKind;
  /** A sentence with ids. */
  readonly message: string;
}

/**
 * Compares the responses that clients received with the ledger, after all failures are over and nothing is pending.
 * Without a violation, every success is exactly one account in the right state, and there is no other account.
 *
 * @param requests all requests: an account that belongs to none of them is a violation
 * @param customerExists must not depend on the services
 * @param closings by account id. Default: no account was closed
 */
export function auditLedger(
  requests: readonly RecordedRequest[],
  ledger: LedgerSnapshot,
  customerExists: (customerId: string) => boolean,
  closings: ReadonlyMap<string, Closing> = new Map(),
): LedgerViolation[] {
  const accounts = new Map(ledger.accounts.map((account) => [account.id, account]));
  const keys = Map.groupBy(ledger.keys, ({ key }) => key);
  const histories = Map.groupBy(ledger.events, ({ accountId }) => accountId);
  const sent = new Set(requests.map(({ key }) => key));
  return [
    ...requests.flatMap((request) => auditResponses(request, customerExists)),
    ...requests.flatMap((request) => auditAccounts(request, accounts)),
    ...requests.flatMap((request) => auditKey(request, keys.get(request.key) ?? [])),
    ...ledger.keys
      .filter(({ key }) => !sent.has(key))
      .map(({ key }) => violation('wrong-key', `No client sent the key ${key}.`)),
    ...auditOwnership(requests, ledger.accounts),
    ...ledger.accounts.flatMap((account) =>
      auditState(account, customerExists(account.customerId), closings.get(account.id)),
    ),
    ...ledger.accounts.flatMap((account) => auditHistory(account, histories.get(account.id) ?? [])),
    ...ledger.queue
      .filter((id) => accounts.get(id)?.status !== 'PENDING_VERIFICATION')
      .map((id) => violation('stale-queue', `Account ${id} is queued for a verification that it does not need.`)),
  ];
}

const isSuccess = ({ status }: RecordedResponse): boolean => status === 201 || status === 202;

const violation = (kind: ViolationKind, message: string): LedgerViolation => ({ kind, message });

const show = ({ status, accountId }: RecordedResponse): string => `${status} ${accountId ?? 'without an account'}`;

function auditResponses(
  { key, customerId, responses }: RecordedRequest,
  customerExists: (customerId: string) => boolean,
): LedgerViolation[] {
  if (responses.length === 0) return [violation('unanswered', `${key} never received a final response.`)];
  const violations: LedgerViolation[] = [];
  const different = [...new Set(responses.map(show))];
  if (different.length > 1) {
    violations.push(violation('contradiction', `${key} received ${different.join(' and ')}.`));
  }
  const unexpected = responses.find((response) => !isSuccess(response) && response.status !== 422);
  if (unexpected) violations.push(violation('unexpected-answer', `${key} received ${unexpected.status}.`));
  if (responses.some(({ status }) => status === 422) && customerExists(customerId)) {
    violations.push(violation('wrongly-refused', `${key} was refused although customer ${customerId} exists.`));
  }
  return violations;
}

/** Every account in a successful response exists and belongs to the customer. */
function auditAccounts(
  { key, customerId, responses }: RecordedRequest,
  accounts: ReadonlyMap<string, AccountRow>,
): LedgerViolation[] {
  const ids = new Set(responses.filter(isSuccess).map(({ accountId }) => accountId));
  return [...ids].flatMap((id) => {
    const account = id === undefined ? undefined : accounts.get(id);
    if (account === undefined) {
      return [violation('lost-account', `${key} received account ${id}, which does not exist.`)];
    }
    if (account.customerId === customerId) return [];
    return [
      violation('wrong-customer', `Account ${id} belongs to ${account.customerId}; ${key} is for ${customerId}.`),
    ];
  });
}

/** The stored response equals the one that was sent. */
function auditKey({ key, responses }: RecordedRequest, rows: readonly KeyRow[]): LedgerViolation[] {
  const [response] = responses;
  if (response === undefined) return [];
  const [row] = rows;
  if (row === undefined) return [violation('wrong-key', `No response is stored for ${key}.`)];
  if (rows.length > 1) return [violation('wrong-key', `${rows.length} responses are stored for ${key}.`)];
  const stored = show({ status: row.status, accountId: row.accountId ?? undefined });
  if (stored === show(response)) return [];
  return [violation('wrong-key', `${key} received ${show(response)}, but ${stored} is stored.`)];
}

/** Each account belongs to exactly one request, whose response contains it. */
function auditOwnership(requests: readonly RecordedRequest[], accounts: readonly AccountRow[]): LedgerViolation[] {
  const violations: LedgerViolation[] = [];
  const owners = new Map<string, string>();
  for (const { key, responses } of requests) {
    for (const { accountId } of responses.filter(isSuccess)) {
      if (accountId === undefined) continue;
      const owner = owners.get(accountId) ?? key;
      owners.set(accountId, owner);
      if (owner !== key) {
        violations.push(violation('shared-account', `Both ${owner} and ${key} received account ${accountId}.`));
      }
    }
  }
  const seen = new Set<string>();
  for (const { id, customerId } of accounts) {
    if (!owners.has(id) || seen.has(id)) {
      violations.push(violation('extra-account', `No client received account ${id} of ${customerId}.`));
    }
    seen.add(id);
  }
  return violations;
}

function auditState(
  { id, customerId, status }: AccountRow,
  exists: boolean,
  closing: Closing | undefined,
): LedgerViolation[] {
  if (status === 'PENDING_VERIFICATION') {
    return [violation('pending', `Account ${id} of ${customerId} is not verified.`)];
  }
  const verified = exists ? 'ACTIVE' : 'REJECTED';
  const expected = { closed: ['CLOSED'], maybe: ['CLOSED', verified], none: [verified] }[closing ?? 'none'];
  if (expected.includes(status)) return [];
  return [violation('wrong-state', `Account ${id} of ${customerId} is ${status} instead of ${expected.join(' or ')}.`)];
}

function auditHistory({ id, status }: AccountRow, events: readonly EventRow[]): LedgerViolation[] {
  const openings = events.filter(({ from }) => from === null).length;
  if (openings !== 1) return [violation('wrong-history', `Account ${id} was opened ${openings} times.`)];
  const path = events.map(({ from, to }) => `${from ?? '(nothing)'} -> ${to}`).join(', ');
  const isChain = events.every(({ from }, index) => from === (events[index - 1]?.to ?? null));
  if (isChain && events.at(-1)?.to === status) return [];
  return [violation('wrong-history', `Account ${id} is ${status}, but its history is ${path}.`)];
}
