import { findKustomize } from './kustomize.ts';

// Prints the installed Kustomize. Nx uses it as a cache key, so that a result without Kustomize is not reused with it.
process.stdout.write(`${findKustomize()?.command ?? 'none'}\n`);
