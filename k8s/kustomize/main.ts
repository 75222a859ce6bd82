import { findKustomize } from './kustomize.ts';

// Which Kustomize there is, if any: Nx asks, so that no result without one is taken for one with it.
process.stdout.write(`${findKustomize()?.command ?? 'none'}\n`);
