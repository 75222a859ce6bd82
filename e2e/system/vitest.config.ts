import { vitestConfig } from '../../vitest.shared.ts';

// Whole systems, of five services each: one at a time.
export default vitestConfig({ testTimeout: 240_000, hookTimeout: 120_000, fileParallelism: false });
