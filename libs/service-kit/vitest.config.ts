import { vitestConfig } from '../../vitest.shared.ts';

// Room for a busy machine; no test waits that long.
export default vitestConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
