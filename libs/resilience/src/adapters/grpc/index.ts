export type { GrpcInterceptorOptions } from './resilience-interceptor.ts';
export { resilienceInterceptor } from './resilience-interceptor.ts';
