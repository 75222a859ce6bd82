import { vitestConfig } from '../../vitest.shared.ts';

// A process takes its time to start on a busy machine; nothing here waits for the time to pass.
export default vitestConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
