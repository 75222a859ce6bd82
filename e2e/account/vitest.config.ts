import { vitestConfig } from '../../vitest.shared.ts';

// A process takes its time to start on a busy machine; nothing here waits for the time to pass.
export default vitestConfig({
  globalSetup: '../../libs/system-runner/src/testing/test-database.ts',
  testTimeout: 150_000,
  hookTimeout: 60_000,
  // The tests mostly wait for services, each of which has its own port and database.
  maxWorkers: 2,
});
