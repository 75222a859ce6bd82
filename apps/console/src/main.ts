import { exitOnSignal } from '@breakwater/service-kit/signals';

// Before the modules of the console are loaded: as process 1 of a container, Node ignores signals without a handler.
exitOnSignal();
await import('./run-console.ts');
