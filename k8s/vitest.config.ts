import { vitestConfig } from '../vitest.shared.ts';

// Kustomize is a program that takes its time to start on a busy machine; nothing here waits for the time to pass.
export default vitestConfig({ include: ['*/**/*.spec.ts'], testTimeout: 60_000 });
