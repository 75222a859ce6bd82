export { createService } from './bootstrap/create-service.ts';
export { runMigrations } from './bootstrap/run-migrations.ts';
export { explainStartFailure } from './bootstrap/start-failure.ts';
export { runService, type ServiceProcess } from './bootstrap/run-service.ts';
export { ServiceKitModule, type ChassisOptions, type ServiceDefinition } from './service-kit.module.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export type { ConfigFault, Environment } from './config/config-fault.ts';
export { InvalidConfigError, readConfig } from './config/read-config.ts';
export { serviceVariables, shutdownDelayFits, type ServiceConfig } from './config/service-config.ts';
export {
  baseUrls,
  choice,
  decimal,
  duration,
  flag,
  host,
  matching,
  port,
  variable,
  wholeNumber,
} from './config/variables.ts';
export { DatabaseUnavailableError } from './database/database-unavailable.error.ts';
export { Database } from './database/database.ts';
export { migrate, type MigrationOptions, type Migrations } from './database/migrations.ts';
export type { Privilege, Privileges } from './database/privileges.ts';
export { Readiness, type ServiceHealthIndicator } from './health/readiness.ts';
export { ServiceHealthModule, type ServiceHealthOptions } from './health/service-health.module.ts';
export { loggerOptions } from './logging/logging.options.ts';
export { MetricsModule } from './metrics/metrics.module.ts';
export { MetricsRegistry } from './metrics/metrics.registry.ts';
export {
  serviceKitProblems,
  type ProblemCatalogue,
  type ProblemDefinition,
} from './problem-details/problem-catalogue.ts';
export { Answers, type AnswerOptions } from './openapi/answers.decorator.ts';
export { describeApi } from './openapi/describe-api.ts';
export type { OpenApiDocument } from './openapi/document.ts';
export { NeedsToken } from './openapi/needs-token.decorator.ts';
export { Operation } from './openapi/operation.decorator.ts';
export { Problems } from './openapi/problems.decorator.ts';
export { TakesHeader } from './openapi/takes-header.decorator.ts';
export { serviceKitKinds, kindsOf, type ProblemKind } from './problem-details/problem-kinds.ts';
export { problemType, type InputError, type ProblemDetails } from './problem-details/problem-details.ts';
export { ProblemException, type Problem } from './problem-details/problem.exception.ts';
export {
  currentRequestId,
  currentTraceContext,
  runInRequestContext,
  traceHeaders,
} from './request-context/request-context.ts';
export { requestIdHeader } from './request-context/request-id.ts';
export { ClientDisconnectedError, RequestSignal } from './request-context/request-signal.decorator.ts';
export type { TraceContext } from './request-context/trace-context.ts';
