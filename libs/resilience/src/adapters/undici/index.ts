export type { HttpAdapterOptions, OutgoingRequest } from '../http/http-adapter.ts';
export { resilienceInterceptor } from './resilience-interceptor.ts';
