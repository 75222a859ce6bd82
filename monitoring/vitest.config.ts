import { vitestConfig } from '../vitest.shared.ts';

// promtool evaluates three days of rules.
export default vitestConfig({
  include: ['{grafana,prometheus}/src/**/*.spec.ts'],
  testTimeout: 180_000,
});
