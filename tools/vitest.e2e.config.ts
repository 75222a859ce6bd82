import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({
  include: ['*/**/*.e2e.spec.ts'],
  outputFile: { json: 'test-results/vitest-e2e.json' },
  // One after the other: some write what others read or copy.
  fileParallelism: false,
  // Whole projects are compiled, and a whole system starts.
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
