export { currentCallContext, runInCallContext } from './call-context.ts';
export { ConfigurationSource } from './configuration-source.ts';
export { Bulkhead, CircuitBreaker, EndpointPool, RateLimiter, Retry, TimeLimiter, UsePipeline } from './decorators.ts';
export type { DeadlineModuleOptions } from './deadline.module.ts';
export { ResilienceDeadlineModule } from './deadline.module.ts';
export type { FallbackForErrors, FallbackMethod, FallbackResult, PolicyMethodDecorator } from './fallback.ts';
export type { ResilienceFeature } from './feature-definitions.ts';
export { InjectPipeline, InjectPolicy, pipelineToken, policyToken } from './inject.decorators.ts';
export type {
  PartitionedDecoratorOptions,
  PipelineDecoratorOptions,
  PolicyDecoratorOptions,
} from './policy-decorator.ts';
export type { MessageClient, MessageClientOptions } from './protect-client-proxy.ts';
export { protectClientProxy } from './protect-client-proxy.ts';
export { InjectRegistry, resilienceConfiguration } from './registries.provider.ts';
export type { RefusalProblem } from './resilience-exception.filter.ts';
export { describeRefusal, ResilienceExceptionFilter } from './resilience-exception.filter.ts';
export { ResilienceRegistries } from './resilience-registries.ts';
export { ResilienceModule } from './resilience.module.ts';
export type {
  ResilienceModuleAsyncOptions,
  ResilienceModuleOptions,
  ResilienceOptionsFactory,
} from './resilience.options.ts';
export { ResilienceActuatorModule } from './actuator/actuator.module.ts';
export type { ActuatorModuleAsyncOptions, ActuatorModuleOptions } from './actuator/actuator.module.ts';
export type { ActuatorSettings } from './actuator/token.guard.ts';
export type { CircuitBreakerUpdateStateResponse } from './actuator/circuit-breaker.controller.ts';
export type {
  CircuitBreakerDetails,
  CircuitBreakerEventResponse,
} from '../core/circuit-breaker/circuit-breaker.actuator.ts';
export type { Diagnosis } from './actuator/diagnosis.ts';
export { DiagnosisSource } from './actuator/diagnosis.ts';
export type { RetryEventResponse } from '../core/retry/retry.definition.ts';
export type { ReloadResponse } from './actuator/reload.controller.ts';
export type { ChangeResponse, InstanceChangeResponse } from './reload/change.response.ts';
export type { ReloadModuleOptions } from './reload/reload.module.ts';
export { ResilienceReloadModule } from './reload/reload.module.ts';
export type { ReloadReport } from './reload/resilience-reloader.ts';
export { ResilienceReloader } from './reload/resilience-reloader.ts';
