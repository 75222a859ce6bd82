import { describeAnyRequest } from '@breakwater/service-kit/testing';
import { startAccount, startCustomer } from './services.ts';

const token = 'let-me-break-things';

describeAnyRequest('account', {
  openapi: new URL('../../../apps/account/openapi.json', import.meta.url),
  problems: ['Every service', 'Account', 'Account lab'],
  token,
  start: async () => {
    const customer = await startCustomer({ FAULTS_TOKEN: token, CLIENT_RATE_LIMIT: '0' });
    const account = await startAccount({ DEMO_MODE: 'true', CUSTOMER_URL: customer.url, CLIENT_RATE_LIMIT: '0' });
    const ids: string[] = [];
    for (let n = 0; n < 40; n += 1) ids.push(((await account.open('c-1001')).body as { id: string }).id);
    return {
      url: account.url,
      known: {
        customerId: ['c-1001', 'c-1002', 'c-9999', 'no-one'],
        currency: ['EUR', 'JPY', 'KWD'],
        breaker: ['customer', 'count-slow', 'unheard-of'],
        times: [1, 2, 3],
        cursor: ['', 'bm90IGEgY3Vyc29y'],
        'If-Match': ['"1"', '"2"', '*', '"1", "7"'],
        'If-None-Match': ['"1"', 'W/"1"', '*'],
        id: [...ids, '01890a5d-ac96-774b-bcce-b302099a8057'],
      },
      stop: async () => {
        await account.stop();
        await customer.stop();
      },
    };
  },
});
