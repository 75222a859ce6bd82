import { temporaryFolder } from '../../libs/system-runner/src/testing/temporary-folder.ts';
import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({
  env: { TMPDIR: await temporaryFolder() },
  include: ['src/**/*.e2e.spec.ts'],
  outputFile: { json: 'test-results/vitest-e2e.json' },
  // A whole system starts in each test, and one has ten experiments' worth of seconds to wait.
  testTimeout: 180_000,
  hookTimeout: 60_000,
});
