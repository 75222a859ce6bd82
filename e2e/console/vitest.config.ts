import { temporaryFolder } from '../../libs/system-runner/src/testing/temporary-folder.ts';
import { vitestConfig } from '../../vitest.shared.ts';

// A whole system and a browser.
export default vitestConfig({
  env: { TMPDIR: await temporaryFolder() },
  testTimeout: 120_000,
  hookTimeout: 180_000,
  fileParallelism: false,
});
