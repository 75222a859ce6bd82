import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({
  include: ['e2e/**/*.e2e.spec.ts'],
  outputFile: { json: 'test-results/vitest-e2e.json' },
  testTimeout: 120_000,
  // Five processes start, and are scraped until there is something to see: half a minute on an idle machine.
  hookTimeout: 400_000,
});
