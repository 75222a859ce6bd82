import { exitOnSignal, interrupted } from '@breakwater/service-kit/signals';

// Before the modules of the migration are loaded: as process 1 of a container, Node ignores signals without a handler.
exitOnSignal(interrupted);
await import('./run-migrations.ts');
