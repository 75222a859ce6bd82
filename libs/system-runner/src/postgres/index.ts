export { createDatabase, withClient, type Database } from './databases.ts';
export { DatabaseServerError } from './errors.ts';
export { startLocalPostgres, type DatabaseServer, type LocalPostgres } from './local-postgres.ts';
export { provideDatabaseServer } from './provide-database-server.ts';
export { openSeverableRoute, type SeverableRoute } from './severable-route.ts';
