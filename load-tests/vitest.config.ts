import { vitestConfig } from '../vitest.shared.ts';

export default vitestConfig({
  include: ['{scenarios,runner,report,storms,bench}/**/*.spec.ts'],
  // A chart takes a second to draw, and longer on a busy machine.
  testTimeout: 30_000,
});
