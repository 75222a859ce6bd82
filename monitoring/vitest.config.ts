import { vitestConfig } from '../vitest.shared.ts';

// promtool evaluates three days of rules.
export default vitestConfig({
  include: ['{grafana,prometheus,tracing}/src/**/*.spec.ts'],
  testTimeout: 180_000,
});
