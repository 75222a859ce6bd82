import { describe, expect, it } from 'vitest';
import { auditLedger, type RecordedRequest, type RecordedResponse } from './audit.ts';
import type { LedgerSnapshot } from './ledger.ts';

const customerExists = (id: string): boolean => id.startsWith('c-');

const created = (accountId: string): RecordedResponse => ({ status: 201, accountId });
const accepted = (accountId: string): RecordedResponse => ({ status: 202, accountId });
const refused: RecordedResponse = { status: 422, accountId: undefined };

/** Four requests, one of each kind, and a ledger that agrees with them. */
const requests: readonly RecordedRequest[] = [
  { key: 'k-active', customerId: 'c-1', responses: [created('a-1'), created('a-1')] },
  { key: 'k-verified', customerId: 'c-2', responses: [accepted('a-2')] },
  { key: 'k-rejected', customerId: 'x-1', responses: [accepted('a-3')] },
  { key: 'k-refused', customerId: 'x-2', responses: [refused] },
];

const ledger: LedgerSnapshot = {
  accounts: [
    { id: 'a-1', customerId: 'c-1', status: 'ACTIVE' },
    { id: 'a-2', customerId: 'c-2', status: 'ACTIVE' },
    { id: 'a-3', customerId: 'x-1', status: 'REJECTED' },
  ],
  events: [
    { accountId: 'a-1', from: null, to: 'ACTIVE' },
    { accountId: 'a-2', from: null, to: 'PENDING_VERIFICATION' },
    { accountId: 'a-3', from: null, to: 'PENDING_VERIFICATION' },
    { accountId: 'a-2', from: 'PENDING_VERIFICATION', to: 'ACTIVE' },
    { accountId: 'a-3', from: 'PENDING_VERIFICATION', to: 'REJECTED' },
  ],
  keys: [
    { key: 'k-active', status: 201, accountId: 'a-1' },
    { key: 'k-verified', status: 202, accountId: 'a-2' },
    { key: 'k-rejected', status: 202, accountId: 'a-3' },
    { key: 'k-refused', status: 422, accountId: null },
  ],
  queue: [],
};

/** The requests with one of them changed. */
const answered = (key: string, ...responses: RecordedResponse[]): RecordedRequest[] =>
  requests.map((request) => (request.key === key ? { ...request, responses } : request));

/** The ledger with one account changed. */
const account = (id: string, change: Partial<LedgerSnapshot['accounts'][number]>): LedgerSnapshot => ({
  ...ledger,
  accounts: ledger.accounts.map((each) => (each.id === id ? { ...each, ...change } : each)),
});

const without = <T>(rows: readonly T[], matches: (row: T) => boolean): T[] => rows.filter((row) => !matches(row));

const kinds = (madeRequests: readonly RecordedRequest[], read: LedgerSnapshot): string[] =>
  auditLedger(madeRequests, read, customerExists).map(({ kind }) => kind);

describe('auditLedger', () => {
  it('finds no violation when responses and ledger agree', () => {
    expect(auditLedger(requests, ledger, customerExists)).toEqual([]);
    expect(auditLedger([], { accounts: [], events: [], keys: [], queue: [] }, customerExists)).toEqual([]);
  });

  it.each<[string, readonly RecordedRequest[], LedgerSnapshot, string[]]>([
    ['an account of a response that does not exist', requests, withoutAccount('a-1'), ['lost-account']],
    [
      'a success without an account',
      answered('k-refused', { status: 201, accountId: undefined }),
      {
        ...ledger,
        keys: ledger.keys.map((row) => (row.key === 'k-refused' ? { ...row, status: 201 } : row)),
      },
      ['lost-account'],
    ],
    ['an account that was opened twice for one request', requests, withAccount('a-9', 'c-1'), ['extra-account']],
    ['a duplicate row', requests, withAccount('a-1', 'c-1', false), ['extra-account']],
    [
      'an account for a request that was refused',
      answered('k-active', refused),
      ledger,
      ['wrongly-refused', 'wrong-key', 'extra-account'],
    ],
    ['a request without a final response', answered('k-refused'), ledger, ['unanswered']],
    [
      'a repetition that received another account',
      answered('k-active', created('a-1'), created('a-2')),
      ledger,
      ['contradiction', 'wrong-customer', 'shared-account'],
    ],
    [
      'a repetition that received another response',
      answered('k-refused', refused, accepted('a-3')),
      ledger,
      ['contradiction', 'wrong-customer', 'shared-account'],
    ],
    [
      'a repetition with another status',
      answered('k-verified', accepted('a-2'), created('a-2')),
      ledger,
      ['contradiction'],
    ],
    [
      'an unexpected response',
      answered('k-refused', { status: 409, accountId: undefined }),
      ledger,
      ['unexpected-answer', 'wrong-key'],
    ],
    ['an account of another customer', requests, account('a-1', { customerId: 'c-7' }), ['wrong-customer']],
    [
      'an account that is still pending',
      requests,
      account('a-1', { status: 'PENDING_VERIFICATION' }),
      ['pending', 'wrong-history'],
    ],
    [
      'an active account of an unknown customer',
      requests,
      account('a-3', { status: 'ACTIVE' }),
      ['wrong-state', 'wrong-history'],
    ],
    [
      'a rejected account of an existing customer',
      requests,
      account('a-2', { status: 'REJECTED' }),
      ['wrong-state', 'wrong-history'],
    ],
    [
      'an account without an opening',
      requests,
      { ...ledger, events: without(ledger.events, ({ accountId }) => accountId === 'a-1') },
      ['wrong-history'],
    ],
    [
      'an account that was opened twice in its history',
      requests,
      { ...ledger, events: [...ledger.events, { accountId: 'a-1', from: null, to: 'ACTIVE' }] },
      ['wrong-history'],
    ],
    [
      'a missing event',
      requests,
      { ...ledger, events: without(ledger.events, ({ to }) => to === 'REJECTED') },
      ['wrong-history'],
    ],
    [
      'an event from a wrong status',
      requests,
      { ...ledger, events: [...ledger.events, { accountId: 'a-1', from: 'CLOSED', to: 'ACTIVE' }] },
      ['wrong-history'],
    ],
    [
      'a response that was not stored',
      requests,
      { ...ledger, keys: without(ledger.keys, ({ key }) => key === 'k-refused') },
      ['wrong-key'],
    ],
    [
      'a response that was stored twice',
      requests,
      { ...ledger, keys: [...ledger.keys, ...ledger.keys.slice(0, 1)] },
      ['wrong-key'],
    ],
    [
      'a stored response that differs',
      requests,
      { ...ledger, keys: ledger.keys.map((row) => ({ ...row, status: 201 })) },
      ['wrong-key', 'wrong-key', 'wrong-key'],
    ],
    [
      'a key that no client sent',
      requests,
      { ...ledger, keys: [...ledger.keys, { key: 'k-9', status: 422, accountId: null }] },
      ['wrong-key'],
    ],
    ['a queued account that needs no verification', requests, { ...ledger, queue: ['a-2'] }, ['stale-queue']],
  ])('finds %s', (_, made, read, expected) => {
    expect(kinds(made, read)).toEqual(expected);
  });

  describe('of an account that a client has closed', () => {
    const closedIn = (status: string): LedgerSnapshot => ({
      ...account('a-1', { status }),
      events: [...ledger.events, ...(status === 'CLOSED' ? [{ accountId: 'a-1', from: 'ACTIVE', to: 'CLOSED' }] : [])],
    });

    it.each([
      ['closed', 'CLOSED', []],
      ['closed', 'ACTIVE', ['wrong-state']],
      ['maybe', 'CLOSED', []],
      ['maybe', 'ACTIVE', []],
      [undefined, 'CLOSED', ['wrong-state']],
    ] as const)('(%s) and that is %s finds %j', (closing, status, expected) => {
      const closings = new Map(closing === undefined ? [] : [['a-1', closing]]);

      const found = auditLedger(requests, closedIn(status), customerExists, closings);

      expect(found.map(({ kind }) => kind)).toEqual(expected);
    });
  });

  it('names the request and the account', () => {
    expect(auditLedger(requests, withoutAccount('a-1'), customerExists)).toEqual([
      { kind: 'lost-account', message: 'k-active received account a-1, which does not exist.' },
    ]);
  });
});

function withoutAccount(id: string): LedgerSnapshot {
  return {
    ...ledger,
    accounts: without(ledger.accounts, (row) => row.id === id),
    events: without(ledger.events, ({ accountId }) => accountId === id),
  };
}

function withAccount(id: string, customerId: string, withEvent = true): LedgerSnapshot {
  return {
    ...ledger,
    accounts: [...ledger.accounts, { id, customerId, status: 'ACTIVE' }],
    events: [...ledger.events, ...(withEvent ? [{ accountId: id, from: null, to: 'ACTIVE' }] : [])],
  };
}
