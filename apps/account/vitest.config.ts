import { vitestConfig } from '../../vitest.shared.ts';

// Room for a busy machine; no test waits that long.
export default vitestConfig({
  // From the workspace's root, where the copies of mutation testing find it, too.
  globalSetup: '../../libs/system-runner/src/testing/test-database.ts',
  testTimeout: 60_000,
  hookTimeout: 60_000,
});
