import { vitestConfig } from '../../vitest.shared.ts';

// Each of most tests starts a server, which takes its time on a busy machine.
export default vitestConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
