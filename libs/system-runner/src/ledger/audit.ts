import type { AccountRow, Books, EventRow, KeyRow } from './books.ts';

/** One request of a client's, with every answer that the client got to it: repeating it must change nothing. */
export interface RecordedRequest {
  /** Its idempotency key, which no other request has. */
  readonly key: string;
  readonly customerId: string;
  /** Those that say what became of it. Errors that asked to try again are no such answers. */
  readonly answers: readonly RecordedAnswer[];
}

export interface RecordedAnswer {
  /** 201 or 202: there is an account. 422: there is no such customer, and no account. */
  readonly status: number;
  /** The account that the answer shows; undefined when it shows none. */
  readonly accountId: string | undefined;
}

/** In which way answers and books disagree. */
export type FindingKind =
  /** A client never learned what became of its request. */
  | 'unanswered'
  /** An answer that is neither success nor "no such customer". */
  | 'unexpected-answer'
  /** One request, two different answers. */
  | 'contradiction'
  /** Two requests were shown the same account. */
  | 'shared-account'
  /** Success, and no account. */
  | 'lost-account'
  /** An account that nobody was told of: a request was done twice, or was refused and done all the same. */
  | 'extra-account'
  /** The account is another customer's. */
  | 'wrong-customer'
  /** A customer who exists was turned away. */
  | 'wrongly-refused'
  /** Still to be verified. */
  | 'pending'
  /** Verified, and wrongly. */
  | 'wrong-state'
  /** Not exactly one opening, or steps that don't lead to where the account is. */
  | 'wrong-history'
  /** The answer that is kept for repetitions is missing, or another than was given. */
  | 'wrong-key'
  /** Waits for a verification, and there is nothing to verify. */
  | 'stale-queue';

export interface Finding {
  readonly kind: FindingKind;
  /** A sentence with ids, for who looks into it. */
  readonly message: string;
}

/**
 * Compares what clients were told with what is in the books, after everything has come to rest. No finding is the proof
 * that each success is exactly one account, in the right state, and that there is no other account.
 *
 * @param requests all that were made, none left out: an account that belongs to none of them is a finding
 * @param customerExists the truth about customers, from another source than the services
 */
export function audit(
  requests: readonly RecordedRequest[],
  books: Books,
  customerExists: (customerId: string) => boolean,
): Finding[] {
  const accounts = new Map(books.accounts.map((account) => [account.id, account]));
  const keys = Map.groupBy(books.keys, ({ key }) => key);
  const histories = Map.groupBy(books.events, ({ accountId }) => accountId);
  const known = new Set(requests.map(({ key }) => key));
  return [
    ...requests.flatMap((request) => auditAnswers(request, customerExists)),
    ...requests.flatMap((request) => auditAccount(request, accounts)),
    ...requests.flatMap((request) => auditKey(request, keys.get(request.key) ?? [])),
    ...books.keys
      .filter(({ key }) => !known.has(key))
      .map(({ key }) => finding('wrong-key', `Nobody sent key ${key}.`)),
    ...auditOwnership(requests, books.accounts),
    ...books.accounts.flatMap((account) => auditState(account, customerExists(account.customerId))),
    ...books.accounts.flatMap((account) => auditHistory(account, histories.get(account.id) ?? [])),
    ...books.queue
      .filter((id) => accounts.get(id)?.status !== 'PENDING_VERIFICATION')
      .map((id) => finding('stale-queue', `Account ${id} is in the queue and not to be verified.`)),
  ];
}

const isAccepted = ({ status }: RecordedAnswer): boolean => status === 201 || status === 202;

const finding = (kind: FindingKind, message: string): Finding => ({ kind, message });

const show = ({ status, accountId }: RecordedAnswer): string => `${status} ${accountId ?? 'without an account'}`;

function auditAnswers(
  { key, customerId, answers }: RecordedRequest,
  customerExists: (customerId: string) => boolean,
): Finding[] {
  if (answers.length === 0) return [finding('unanswered', `${key} was never answered.`)];
  const findings: Finding[] = [];
  const different = [...new Set(answers.map(show))];
  if (different.length > 1) findings.push(finding('contradiction', `${key} was answered ${different.join(' and ')}.`));
  const unexpected = answers.find((answer) => !isAccepted(answer) && answer.status !== 422);
  if (unexpected) findings.push(finding('unexpected-answer', `${key} was answered ${unexpected.status}.`));
  if (answers.some(({ status }) => status === 422) && customerExists(customerId)) {
    findings.push(finding('wrongly-refused', `${key} was refused, and customer ${customerId} exists.`));
  }
  return findings;
}

/** What each success showed is there, and is that customer's. */
function auditAccount(
  { key, customerId, answers }: RecordedRequest,
  accounts: ReadonlyMap<string, AccountRow>,
): Finding[] {
  const shown = new Set(answers.filter(isAccepted).map(({ accountId }) => accountId));
  return [...shown].flatMap((id) => {
    const account = id === undefined ? undefined : accounts.get(id);
    if (account === undefined)
      return [finding('lost-account', `${key} was told of account ${id}, which is not there.`)];
    if (account.customerId === customerId) return [];
    return [finding('wrong-customer', `Account ${id} is for ${account.customerId}; ${key} asked for ${customerId}.`)];
  });
}

/** The last answer that is kept under the key is the one that was given. */
function auditKey({ key, answers }: RecordedRequest, rows: readonly KeyRow[]): Finding[] {
  const [answer] = answers;
  if (answer === undefined) return [];
  const [row] = rows;
  if (row === undefined) return [finding('wrong-key', `${key} was answered, and no answer is kept for it.`)];
  if (rows.length > 1) return [finding('wrong-key', `${rows.length} answers are kept for ${key}.`)];
  const kept = show({ status: row.status, accountId: row.accountId ?? undefined });
  if (kept === show(answer)) return [];
  return [finding('wrong-key', `${key} was answered ${show(answer)}, and kept is ${kept}.`)];
}

/** Each account belongs to exactly one request, which was told of it. */
function auditOwnership(requests: readonly RecordedRequest[], accounts: readonly AccountRow[]): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const { key, answers } of requests) {
    for (const { accountId } of answers.filter(isAccepted)) {
      if (accountId === undefined) continue;
      const owner = owners.get(accountId) ?? key;
      owners.set(accountId, owner);
      if (owner !== key) {
        findings.push(finding('shared-account', `Account ${accountId} was shown to ${owner} and to ${key}.`));
      }
    }
  }
  const seen = new Set<string>();
  for (const { id, customerId } of accounts) {
    if (!owners.has(id) || seen.has(id)) {
      findings.push(finding('extra-account', `Nobody was told of account ${id} for ${customerId}.`));
    }
    seen.add(id);
  }
  return findings;
}

function auditState({ id, customerId, status }: AccountRow, exists: boolean): Finding[] {
  if (status === 'PENDING_VERIFICATION')
    return [finding('pending', `Account ${id} for ${customerId} is not verified.`)];
  const expected = exists ? 'ACTIVE' : 'REJECTED';
  if (status === expected) return [];
  return [finding('wrong-state', `Account ${id} for ${customerId} is ${status}; it has to be ${expected}.`)];
}

function auditHistory({ id, status }: AccountRow, events: readonly EventRow[]): Finding[] {
  const openings = events.filter(({ from }) => from === null).length;
  if (openings !== 1) return [finding('wrong-history', `Account ${id} was opened ${openings} times.`)];
  const path = events.map(({ from, to }) => `${from ?? '(nothing)'} -> ${to}`).join(', ');
  const isChain = events.every(({ from }, index) => from === (events[index - 1]?.to ?? null));
  if (isChain && events.at(-1)?.to === status) return [];
  return [finding('wrong-history', `Account ${id} is ${status}, and its history is ${path}.`)];
}
