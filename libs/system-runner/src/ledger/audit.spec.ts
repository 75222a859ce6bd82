import { describe, expect, it } from 'vitest';
import { audit, type RecordedAnswer, type RecordedRequest } from './audit.ts';
import type { Books } from './books.ts';

const customerExists = (id: string): boolean => id.startsWith('c-');

const created = (accountId: string): RecordedAnswer => ({ status: 201, accountId });
const accepted = (accountId: string): RecordedAnswer => ({ status: 202, accountId });
const refused: RecordedAnswer = { status: 422, accountId: undefined };

/** Four requests, one of each kind, and books that agree with them. */
const requests: readonly RecordedRequest[] = [
  { key: 'k-active', customerId: 'c-1', answers: [created('a-1'), created('a-1')] },
  { key: 'k-verified', customerId: 'c-2', answers: [accepted('a-2')] },
  { key: 'k-rejected', customerId: 'x-1', answers: [accepted('a-3')] },
  { key: 'k-refused', customerId: 'x-2', answers: [refused] },
];

const books: Books = {
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
const answered = (key: string, ...answers: RecordedAnswer[]): RecordedRequest[] =>
  requests.map((request) => (request.key === key ? { ...request, answers } : request));

/** The books with one account changed. */
const account = (id: string, change: Partial<Books['accounts'][number]>): Books => ({
  ...books,
  accounts: books.accounts.map((each) => (each.id === id ? { ...each, ...change } : each)),
});

const without = <T>(rows: readonly T[], matches: (row: T) => boolean): T[] => rows.filter((row) => !matches(row));

const kinds = (madeRequests: readonly RecordedRequest[], read: Books): string[] =>
  audit(madeRequests, read, customerExists).map(({ kind }) => kind);

describe('the audit', () => {
  it('finds nothing where answers and books agree', () => {
    expect(audit(requests, books, customerExists)).toEqual([]);
    expect(audit([], { accounts: [], events: [], keys: [], queue: [] }, customerExists)).toEqual([]);
  });

  it.each<[string, readonly RecordedRequest[], Books, string[]]>([
    ['an account that was promised and is not there', requests, withoutAccount('a-1'), ['lost-account']],
    [
      'a success without an account',
      answered('k-refused', { status: 201, accountId: undefined }),
      {
        ...books,
        keys: books.keys.map((row) => (row.key === 'k-refused' ? { ...row, status: 201 } : row)),
      },
      ['lost-account'],
    ],
    ['an account that was opened twice for one request', requests, withAccount('a-9', 'c-1'), ['extra-account']],
    ['a row that is there twice', requests, withAccount('a-1', 'c-1', false), ['extra-account']],
    [
      'an account for a request that was refused',
      answered('k-active', refused),
      books,
      ['wrongly-refused', 'wrong-key', 'extra-account'],
    ],
    ['a request that nobody answered', answered('k-refused'), books, ['unanswered']],
    [
      'a repetition that was shown another account',
      answered('k-active', created('a-1'), created('a-2')),
      books,
      ['contradiction', 'wrong-customer', 'shared-account'],
    ],
    [
      'a repetition that was answered otherwise',
      answered('k-refused', refused, accepted('a-3')),
      books,
      ['contradiction', 'wrong-customer', 'shared-account'],
    ],
    [
      'a repetition with another status',
      answered('k-verified', accepted('a-2'), created('a-2')),
      books,
      ['contradiction'],
    ],
    [
      'an answer that should not be',
      answered('k-refused', { status: 409, accountId: undefined }),
      books,
      ['unexpected-answer', 'wrong-key'],
    ],
    ['an account of somebody else', requests, account('a-1', { customerId: 'c-7' }), ['wrong-customer']],
    [
      'an account that is still pending',
      requests,
      account('a-1', { status: 'PENDING_VERIFICATION' }),
      ['pending', 'wrong-history'],
    ],
    [
      'an account of nobody that is active',
      requests,
      account('a-3', { status: 'ACTIVE' }),
      ['wrong-state', 'wrong-history'],
    ],
    [
      'an account of a customer that is rejected',
      requests,
      account('a-2', { status: 'REJECTED' }),
      ['wrong-state', 'wrong-history'],
    ],
    [
      'an account without an opening',
      requests,
      { ...books, events: without(books.events, ({ accountId }) => accountId === 'a-1') },
      ['wrong-history'],
    ],
    [
      'an account that was opened twice in its history',
      requests,
      { ...books, events: [...books.events, { accountId: 'a-1', from: null, to: 'ACTIVE' }] },
      ['wrong-history'],
    ],
    [
      'a step that is missing',
      requests,
      { ...books, events: without(books.events, ({ to }) => to === 'REJECTED') },
      ['wrong-history'],
    ],
    [
      'a step from nowhere',
      requests,
      { ...books, events: [...books.events, { accountId: 'a-1', from: 'CLOSED', to: 'ACTIVE' }] },
      ['wrong-history'],
    ],
    [
      'an answer that was not kept',
      requests,
      { ...books, keys: without(books.keys, ({ key }) => key === 'k-refused') },
      ['wrong-key'],
    ],
    [
      'an answer that was kept twice',
      requests,
      { ...books, keys: [...books.keys, ...books.keys.slice(0, 1)] },
      ['wrong-key'],
    ],
    [
      'a kept answer that is another',
      requests,
      { ...books, keys: books.keys.map((row) => ({ ...row, status: 201 })) },
      ['wrong-key', 'wrong-key', 'wrong-key'],
    ],
    [
      'a key that nobody sent',
      requests,
      { ...books, keys: [...books.keys, { key: 'k-9', status: 422, accountId: null }] },
      ['wrong-key'],
    ],
    ['an account that waits in vain', requests, { ...books, queue: ['a-2'] }, ['stale-queue']],
  ])('finds %s', (_, made, read, expected) => {
    expect(kinds(made, read)).toEqual(expected);
  });

  it('says which request and which account it is about', () => {
    expect(audit(requests, withoutAccount('a-1'), customerExists)).toEqual([
      { kind: 'lost-account', message: 'k-active was told of account a-1, which is not there.' },
    ]);
  });
});

function withoutAccount(id: string): Books {
  return {
    ...books,
    accounts: without(books.accounts, (row) => row.id === id),
    events: without(books.events, ({ accountId }) => accountId === id),
  };
}

function withAccount(id: string, customerId: string, withEvent = true): Books {
  return {
    ...books,
    accounts: [...books.accounts, { id, customerId, status: 'ACTIVE' }],
    events: [...books.events, ...(withEvent ? [{ accountId: id, from: null, to: 'ACTIVE' }] : [])],
  };
}
