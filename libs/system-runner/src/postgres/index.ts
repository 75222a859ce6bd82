export { delayAccounts, removeDelayOfAccounts } from './account-delay.ts';
export {
  createDatabase,
  type Database,
  type DatabaseServer,
  DatabaseServerError,
  withClient,
} from './database-server.ts';
export { type LocalPostgres, provideDatabaseServer, startLocalPostgres } from './local-postgres.ts';
