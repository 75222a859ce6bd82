import { AsyncLocalStorage } from 'node:async_hooks';
import { createRegistry, partitionBy, pipeline } from '@breakwater/resilience';

const tenants = new AsyncLocalStorage<string>();
const rateLimiters = createRegistry('rateLimiter', {
  instances: {
    reports: { limitForPeriod: 10, limitRefreshPeriod: '1s' },
    'reports:large-tenant': { limitForPeriod: 100, limitRefreshPeriod: '1s' }, // one that differs
  },
});
const perTenant = partitionBy(rateLimiters, 'reports', () => tenants.getStore() ?? 'none');

export const reports = pipeline('reports', [perTenant]);
