import { describeAnyRequest } from '@breakwater/service-kit/testing';
import { startCustomer } from './running-customer.ts';

const token = 'let-me-break-things';
const durations = ['0ms', '20ms', '1s', '1m'];

describeAnyRequest('customer', {
  openapi: new URL('../../../apps/customer/openapi.json', import.meta.url),
  problems: ['Every service', 'Customer'],
  token,
  start: async () => {
    const customer = await startCustomer({ FAULTS_TOKEN: token, CLIENT_RATE_LIMIT: '0' });
    await customer.app.listen(0, '127.0.0.1');
    return {
      url: await customer.app.getUrl(),
      known: {
        id: ['c-1001', 'c-1002', 'c-9999', 'unknown'],
        latency: durations,
        retryAfter: durations,
        at: durations,
        duration: ['2m', '1h'],
        min: ['1ms'],
        p50: ['20ms'],
        p75: ['30ms'],
        p90: ['40ms'],
        p95: ['50ms'],
        p99: ['60ms'],
        p999: ['70ms'],
        max: ['1s'],
      },
      // Faults that a request has set would affect the next one.
      reset: () => customer.http().delete('/faults').set('authorization', `Bearer ${token}`).expect(200),
      stop: () => customer.stop(),
    };
  },
});
