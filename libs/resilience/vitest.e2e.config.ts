import { vitestConfig } from '../../vitest.shared.ts';

export default vitestConfig({
  include: ['packaging/**/*.e2e.spec.ts'],
  outputFile: { json: 'test-results/vitest-e2e.json' },
  // npm installs whole applications, and a compiler reads them.
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
