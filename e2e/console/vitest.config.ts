import { vitestConfig } from '../../vitest.shared.ts';

// A whole system and a browser.
export default vitestConfig({ testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false });
