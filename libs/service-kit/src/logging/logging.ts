import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { RequestMethod } from '@nestjs/common';
import type { SpanContext } from '@opentelemetry/api';
import { Logger, PinoLogger, type Params } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import { stdSerializers, stdTimeFunctions, type LoggerOptions } from 'pino';
import type { Options } from 'pino-http';
import type { ServiceConfig } from '../config/service-config.ts';
import { isProbe } from '../metrics/metrics.registry.ts';
import { currentTraceContext, traceOf } from '../request-context/request-context.ts';
import { redaction } from './redaction.ts';

type LoggedConfig = Pick<ServiceConfig, 'INSTANCE_NAME' | 'LOG_LEVEL'>;

/** One JSON object per line: the level in words, the time in ISO 8601, service and instance; during a request, its trace and span. */
export function loggerOptions(service: string, config: LoggedConfig): LoggerOptions {
  return {
    level: config.LOG_LEVEL,
    base: { service, instance: config.INSTANCE_NAME },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => traceFields(currentTraceContext()),
    serializers: { err: errorWithoutSecrets },
    hooks: {
      logMethod([logged, message, ...rest]: unknown[], log) {
        // Without a message, pino takes that of the error.
        const taken = isRecord(logged) && logged['err'] instanceof Error ? logged['err'].message : undefined;
        const shown = [logged, message ?? taken, ...rest].map(masked);
        log.apply(this, shown as Parameters<typeof log>);
      },
    },
    redact: redaction,
  };
}

const masked = (value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value) : value);

/** An error whose message, stack or fields may contain a URL, as `input` of `TypeError: Invalid URL` does. */
const errorWithoutSecrets = (error: Error): object =>
  Object.fromEntries(Object.entries(stdSerializers.err(error)).map(([name, value]) => [name, masked(value)]));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The same, with the request id on every line of a request, and one line at the end of a request. */
export function requestLoggerOptions(service: string, config: LoggedConfig): Params {
  const pinoHttp: Options = {
    ...loggerOptions(service, config),
    // Every line has the request id; only the last one has the method and the URL.
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    serializers: {
      err: errorWithoutSecrets,
      req: ({ method, url }: { method: string; url: string }) => ({ method, url: withoutSecrets(url) }),
      res: ({ statusCode }: { statusCode: number | null }) => ({ statusCode }),
    },
    // Readiness logs its changes.
    autoLogging: { ignore: (request) => isProbe(pathOf(request)) },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
    // The error is logged before; pino-http would add one made from the status.
    customSuccessObject: (request, _response, served: object) => ({ ...served, ...traceFields(traceOf(request)) }),
    customErrorObject: (request, response, error, { res, responseTime }: { res: unknown; responseTime: number }) => ({
      ...traceFields(traceOf(request)),
      res,
      responseTime,
      ...(response.errored ? { err: error } : {}),
    }),
    customErrorMessage: () => 'request failed',
  };
  // With its default route, nestjs-pino logs no requests on Fastify.
  return { pinoHttp, forRoutes: [{ path: '*splat', method: RequestMethod.ALL }] };
}

/** The last line of a request may be logged outside of its context, when the connection ends. */
const traceFields = (trace: SpanContext | undefined): object =>
  trace ? { traceId: trace.traceId, spanId: trace.spanId } : {};

/** Nest's middleware runner removes the path of the middleware from `url`. */
function pathOf(request: IncomingMessage): string {
  const url = 'originalUrl' in request ? request.originalUrl : request.url;
  return String(url).split('?', 1)[0] ?? '';
}

/** Nest's classes that log the start; their lines matter only when something fails. */
const framework = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Nest's logger for a service: everything through pino, the start of the framework at level `debug`. */
export class ServiceLogger extends Logger {
  constructor(params: Params) {
    super(new PinoLogger(params), params);
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (framework.has(contextOf(parameters))) super.debug(message, ...parameters);
    else super.log(message, ...parameters);
  }

  override error(message: unknown, ...parameters: unknown[]): void {
    // Nest logs an error and throws it to the caller, which reports it.
    if (contextOf(parameters) === 'ExceptionHandler' || framework.has(contextOf(parameters))) {
      super.debug(message, ...parameters);
    } else super.error(message, ...parameters);
  }
}

/** Nest passes the name of the class that logs as the last parameter. */
const contextOf = (parameters: readonly unknown[]): string => String(parameters.at(-1));
