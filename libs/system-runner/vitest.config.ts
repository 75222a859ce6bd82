import { vitestConfig } from '../../vitest.shared.ts';

// Some tests start a PostgreSQL, which takes its time on a busy machine.
export default vitestConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
