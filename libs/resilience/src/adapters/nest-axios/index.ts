export type { ResilientHttpOptions } from './resilient-http.module.ts';
export { ResilientHttpModule } from './resilient-http.module.ts';
