import { provideDatabaseServer } from '@breakwater/system-runner/postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server of this project's tests; each file creates its own database. */
    readonly databaseServerUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideDatabaseServer();
  project.provide('databaseServerUrl', server.url);
  return () => server.stop();
}
