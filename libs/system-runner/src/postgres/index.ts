export { type DatabaseProxy, openDatabaseProxy } from './database-proxy.ts';
export {
  createDatabase,
  type Database,
  type DatabaseServer,
  DatabaseServerError,
  withClient,
} from './database-server.ts';
export { type LocalPostgres, provideDatabaseServer, startLocalPostgres } from './local-postgres.ts';
