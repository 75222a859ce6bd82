import { temporaryFolder } from './src/testing/temporary-folder.ts';
import { vitestConfig } from '../../vitest.shared.ts';

// Some tests start a PostgreSQL, which takes its time on a busy machine.
export default vitestConfig({
  env: { TMPDIR: await temporaryFolder() },
  testTimeout: 60_000,
  hookTimeout: 60_000,
});
