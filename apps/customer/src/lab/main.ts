import { exitOnSignal } from '@breakwater/service-kit/signals';

// Before the modules of the service are loaded: as process 1 of a container, Node ignores signals without a handler.
exitOnSignal();
await import('./run-service.ts');
