import { provideDatabaseServer } from '@breakwater/system-runner/postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The one PostgreSQL of this project's tests; each file creates a database of its own on it. */
    readonly databaseServerUrl: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await provideDatabaseServer();
  project.provide('databaseServerUrl', server.url);
  return () => server.stop();
}
