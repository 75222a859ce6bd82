import { readNginxTemplate } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import { composeValues, faultsOf, hasNginx, nginxIsAtLeast } from './nginx.ts';

const resolvesNames = nginxIsAtLeast(1, 27, 3);

describe('the nginx configuration of docker-compose.yml', () => {
  it('has a value for every placeholder, and no other values', () => {
    const placeholders = new Set(readNginxTemplate().match(/(?<=\$\{)GATEWAY_[A-Z_]+(?=\})/g));

    expect(Object.keys(composeValues).toSorted()).toEqual([...placeholders].toSorted());
  });

  it.skipIf(!resolvesNames)('is valid for nginx', () => {
    expect(faultsOf(composeValues)).toBeUndefined();
  });

  // An nginx before 1.27.3 cannot resolve names again: everything else is tested.
  it.skipIf(!hasNginx || resolvesNames)('is valid for an older nginx, except for the names', () => {
    const accounts = 'server 127.0.0.1:3000 max_fails=1 fail_timeout=5s; server 127.0.0.1:3000 max_fails=0 backup;';

    expect(faultsOf({ ...composeValues, GATEWAY_ACCOUNTS: accounts })).toBeUndefined();
    expect(faultsOf(composeValues)).toContain('invalid parameter "resolve"');
  });
});
