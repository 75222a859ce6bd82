import { describe, expect, it } from 'vitest';
import type { Operation } from './history.ts';
import { judge, missingChecker } from './judge.ts';

const account = 'a-1';

/** Operations one after the other; each takes from `10 n` to `10 n + 5`. */
function inSequence(...operations: readonly Partial<Operation>[]): Operation[] {
  return operations.map((operation, index) => ({
    account,
    process: 1,
    kind: 'read',
    call: index * 10,
    return: index * 10 + 5,
    code: 200,
    ...operation,
  }));
}

const opened = { kind: 'open', code: 201, status: 'ACTIVE', version: 1 } as const;
const pending = { kind: 'open', code: 202, status: 'PENDING_VERIFICATION', version: 1 } as const;
const verify = { kind: 'verify', call: 0, return: null, process: 0 } as const;
const seen = (status: string, version: number) => ({ status, version });
const close = (ifMatch: string, code: number, rest: Partial<Operation> = {}) => ({
  kind: 'close' as const,
  ifMatch,
  code,
  ...rest,
});
const closed = close('1', 200, seen('CLOSED', 2));

const legal: readonly (readonly [string, readonly Operation[]])[] = [
  ['a closing', inSequence(opened, seen('ACTIVE', 1), closed, seen('CLOSED', 2))],
  [
    'a verification between two reads',
    inSequence(pending, { ...verify, result: 'ACTIVE' }, seen('PENDING_VERIFICATION', 1), seen('ACTIVE', 2), {
      kind: 'history',
      statuses: ['PENDING_VERIFICATION', 'ACTIVE'],
    }),
  ],
  [
    'a closing without a response that takes effect after a later read',
    inSequence(opened, close('*', 0, { return: null }), seen('ACTIVE', 1), seen('CLOSED', 2)),
  ],
  ['a closing without a response that never takes effect', inSequence(opened, close('1', 0, { return: null }))],
  ['refusals', inSequence(opened, close('2', 412, { version: 1 }), closed, close('*', 409, seen('CLOSED', 2)))],
  [
    'a read at the same time as a closing, of either state',
    [...inSequence(opened, closed), { ...inSequence(seen('ACTIVE', 1))[0]!, call: 11, return: 14 }],
  ],
];

const illegal: readonly (readonly [string, readonly Operation[]])[] = [
  ['a stale read after a closing', inSequence(opened, closed, seen('ACTIVE', 1))],
  ['two closings of one version', inSequence(opened, closed, closed)],
  ['a closing of a version that the client did not mean', inSequence(opened, close('2', 200, seen('CLOSED', 2)))],
  ['a closing of a pending account', inSequence(pending, closed)],
  ['a refusal with 412 of the current version', inSequence(opened, close('1', 412, { version: 1 }))],
  ['a refusal with 412 of *', inSequence(opened, close('*', 412, { version: 1 }))],
  ['a refusal with 409 of an active account', inSequence(opened, close('1', 409, seen('ACTIVE', 1)))],
  ['an account that becomes active without a verification', inSequence(pending, seen('ACTIVE', 2))],
  [
    'a verification that is undone',
    inSequence(pending, { ...verify, result: 'ACTIVE' }, seen('ACTIVE', 2), seen('PENDING_VERIFICATION', 1)),
  ],
  ['a verification with the wrong result', inSequence(pending, { ...verify, result: 'REJECTED' }, seen('ACTIVE', 2))],
  ['a second opening', inSequence(opened, opened)],
  ['a lost account', inSequence(opened, { code: 404 })],
  ['a version that is skipped', inSequence(opened, seen('ACTIVE', 2))],
  ['a history without the latest change', inSequence(opened, closed, { kind: 'history', statuses: ['ACTIVE'] })],
  [
    'two reads that see a closing without a response in different orders',
    inSequence(opened, close('1', 0, { return: null }), seen('CLOSED', 2), seen('ACTIVE', 1)),
  ],
];

describe.runIf(missingChecker === undefined)('the checker of histories', () => {
  it.each(legal)('accepts %s', (_, operations) => {
    expect(judge(operations)).toEqual({ accounts: 1, operations: operations.length, violations: [] });
  });

  it.each(illegal)('finds %s', (_, operations) => {
    expect(judge(operations).violations).toMatchObject([{ account, result: 'Illegal' }]);
  });

  it('judges each account alone', () => {
    const [, faulty = []] = illegal[0] ?? [];
    const other = inSequence(opened, closed).map((operation) => ({ ...operation, account: 'a-2' }));

    expect(judge([...faulty, ...other])).toMatchObject({ accounts: 2, violations: [{ account }] });
  });
});
