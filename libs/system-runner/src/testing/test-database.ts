import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { createDatabase, type Database } from '../postgres/database-server.ts';
import { provideDatabaseServer } from '../postgres/local-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of a project's tests. */
    readonly databaseServerUrl: string;
  }
}

/** Vitest's `globalSetup` of projects whose tests share a PostgreSQL server. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideDatabaseServer();
  project.provide('databaseServerUrl', server.url);
  return () => server.stop();
}

/** Creates an empty database on the server of the project's tests. */
export function createTestDatabase(): Promise<Database> {
  return createDatabase(inject('databaseServerUrl'));
}
