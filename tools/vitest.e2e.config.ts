import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({
  include: ['*/**/*.e2e.spec.ts'],
  outputFile: { json: 'test-results/vitest-e2e.json' },
  // In sequence, because some write files that others read or copy.
  fileParallelism: false,
  // Projects are compiled, and a whole system starts.
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
