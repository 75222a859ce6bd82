import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { createDatabase, type Database } from '../postgres/database-server.ts';
import { provideDatabaseServer } from '../postgres/local-postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of a project's tests. */
    readonly databaseServerUrl: string;
  }
}

/** Vitest's `globalSetup` of projects whose tests share a PostgreSQL server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideDatabaseServer(process.env, await temporaryFolder());
  project.provide('databaseServerUrl', server.url);
  return () => server.stop();
}

/** Creates an empty database on the server of the project's tests. */
export function createTestDatabase(): Promise<Database> {
  return createDatabase(inject('databaseServerUrl'));
}

/** Creates the tables of a service, and closes its connections. */
export type Migration = (databaseUrl: string) => Promise<unknown>;

/** A database per migration that only copies are made of, in each worker. It ends with the server. */
const templates = new Map<Migration, Promise<Database>>();

/** Creates a database with the tables of a service. The migration runs once in each worker. */
export async function createMigratedDatabase(migrate: Migration): Promise<Database> {
  const template =
    templates.get(migrate) ??
    createTestDatabase().then(async (database) => {
      await migrate(database.url);
      return database;
    });
  templates.set(migrate, template);
  return createDatabase(inject('databaseServerUrl'), await template);
}
