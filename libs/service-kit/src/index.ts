export { createService, runMigrations, runService, type ServiceProcess } from './bootstrap/service-process.ts';
export { explainStartFailure } from './bootstrap/start-failure.ts';
export {
  followVariable,
  InvalidConfigError,
  readConfig,
  type ConfigIssue,
  type Environment,
} from './config/read-config.ts';
export { HttpEdge, type EdgeConfig } from './bootstrap/http-edge.ts';
export { addSecurityHeaders, securityHeaders } from './bootstrap/security-headers.ts';
export {
  edgeVariables,
  readMigrationConfig,
  serviceVariables,
  shutdownDelayFits,
  type ServiceConfig,
} from './config/service-config.ts';
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
export { Database, type ExecutionOptions } from './database/database.ts';
export { fragment, statement, type Fragment, type Statement } from './database/statement.ts';
export {
  migrate,
  type MigrationOptions,
  type Migrations,
  type Privilege,
  type Privileges,
} from './database/migrations.ts';
export { DatabaseUnavailableError, LockHeldError, TransactionConflictError } from './database/database-errors.ts';
export { Readiness, type ServiceHealthIndicator } from './health/readiness.ts';
export { readJsonBodies } from './input-limits/input-limits.ts';
export { ServiceHealthModule } from './health/service-health.module.ts';
export { loggerOptions } from './logging/logging.ts';
export { ConcurrentReads } from './metrics/concurrent-reads.ts';
export { MetricsModule } from './metrics/metrics.module.ts';
export { ScrapedReading } from './metrics/scraped-reading.ts';
export { MetricsRegistry, type ScrapedMetric } from './metrics/metrics.registry.ts';
export { limitStreams } from './overload/stream-limit.ts';
export { describeApi } from './openapi/describe-api.ts';
export type { OpenApiDocument } from './openapi/document.ts';
export {
  Answers,
  NeedsToken,
  Operation,
  Problems,
  TakesHeader,
  type AnswerOptions,
} from './openapi/operation-decorators.ts';
export { ClientLimit } from './overload/client-limit.ts';
export {
  describeProblem,
  problemContentType,
  ProblemException,
  problemKinds,
  problemOfStatus,
  problemType,
  sendProblem,
  serviceKitKinds,
  toProblemDetails,
  type InputError,
  type Problem,
  type ProblemDetails,
  type ProblemKind,
} from './problem-details/problem-details.ts';
export {
  ClientDisconnectedError,
  currentRequestId,
  currentSampledTraceId,
  currentTraceContext,
  requestIdHeader,
  RequestSignal,
  runInRequestContext,
  traceHeaders,
  traceOf,
} from './request-context/request-context.ts';
export { inClientSpan, type OutgoingCall } from './telemetry/client-span.ts';
export {
  addSpanEvent,
  currentTraceParent,
  exportsTelemetry,
  inLinkedTrace,
  inSpan,
  withoutSpans,
} from './telemetry/spans.ts';
export { ServiceKitModule, type ServiceDefinition, type ServiceKitOptions } from './service-kit.module.ts';
