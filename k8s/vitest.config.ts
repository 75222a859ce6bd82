import { vitestConfig } from '../vitest.shared.ts';
import { findKustomize, missingKustomize } from './kustomize/kustomize.ts';

// Reporters keep the reasons for what is skipped to themselves.
if (findKustomize() === undefined) process.stderr.write(`${missingKustomize}\n`);

// Kustomize is a program that takes its time to start on a busy machine; nothing here waits for the time to pass.
export default vitestConfig({ include: ['*/**/*.spec.ts'], testTimeout: 60_000 });
