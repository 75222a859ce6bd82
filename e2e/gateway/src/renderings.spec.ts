import { describe, expect, it } from 'vitest';
import { composeValues, placeholders } from './configuration.ts';
import { faultsOf, nginxIsAtLeast } from './nginx.ts';

const resolvesNames = nginxIsAtLeast(1, 27, 3);

describe('the configuration of compose', () => {
  it('gives every placeholder a value, and no other', () => {
    expect(Object.keys(composeValues).toSorted()).toEqual([...placeholders].toSorted());
  });

  it.skipIf(!resolvesNames)('is one that nginx takes', () => {
    expect(faultsOf(composeValues)).toBeUndefined();
  });

  // An nginx before 1.27.3 cannot look names up again: there, all but that is tested.
  it.skipIf(!nginxIsAtLeast(1) || resolvesNames)('is one that an older nginx takes, but for the names', () => {
    const accounts = 'server 127.0.0.1:3000 max_fails=1 fail_timeout=5s;';

    expect(faultsOf({ ...composeValues, GATEWAY_ACCOUNTS: accounts })).toBeUndefined();
    expect(faultsOf(composeValues)).toContain('invalid parameter "resolve"');
  });
});
