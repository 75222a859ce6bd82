import { temporaryFolder } from '../../libs/system-runner/src/testing/temporary-folder.ts';
import { vitestConfig } from '../../vitest.shared.ts';

// The tests mostly wait, so the systems of both files run at the same time.
export default vitestConfig({
  env: { TMPDIR: await temporaryFolder() },
  testTimeout: 240_000,
  hookTimeout: 180_000,
  maxWorkers: 2,
});
