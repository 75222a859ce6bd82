import { RequestMethod } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import { stdTimeFunctions, type LoggerOptions } from 'pino';
import type { Options } from 'pino-http';
import { isProbe } from '../metrics/probe-paths.ts';
import { currentTraceContext } from '../request-context/request-context.ts';
import { traceOf } from '../request-context/request-trace.ts';
import type { TraceContext } from '../request-context/trace-context.ts';

/** What a log line says about the process that wrote it. */
export interface LoggedProcess {
  readonly service: string;
  readonly instance: string;
  readonly level: string;
}

/** Wherever these turn up in a logged object, itself or one level down, and in headers, their value doesn't. */
const secrets = [
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'idempotency-key',
  'idempotencyKey',
  'password',
  'secret',
  'token',
  'body',
];
const places = ['', '*', 'headers', '*.headers'];

/** What PostgreSQL says of an error in detail repeats the values of the row. */
const rowsInErrors = ['err.detail', 'err.where'];

/**
 * One JSON object a line: level in words, time in ISO 8601, service, instance; and while a request is being served, where in
 * which trace.
 */
export function loggerOptions({ service, instance, level }: LoggedProcess): LoggerOptions {
  return {
    level,
    base: { service, instance },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => traceFields(currentTraceContext()),
    redact: {
      paths: [...places.flatMap((place) => secrets.map((name) => `${place}["${name}"]`)), ...rowsInErrors],
      censor: '(not shown)',
    },
  };
}

/** The same, with the id of the request on every line written while serving one, and a line when it is served. */
export function requestLoggerOptions(process: LoggedProcess): Params {
  const pinoHttp: Options = {
    ...loggerOptions(process),
    // The id is all that a line needs to be found by; method and URL are on the one that ends the request.
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, url }),
      res: ({ statusCode }: { statusCode: number | null }) => ({ statusCode }),
    },
    // Readiness itself says when it changes.
    autoLogging: { ignore: (request) => isProbe(pathOf(request)) },
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
    // Why it failed has been logged by then; pino-http would make up an error from the status.
    customSuccessObject: (request, _response, served: object) => ({ ...served, ...traceFields(traceOf(request)) }),
    customErrorObject: (request, response, error, { res, responseTime }: { res: unknown; responseTime: number }) => ({
      ...traceFields(traceOf(request)),
      res,
      responseTime,
      ...(response.errored ? { err: error } : {}),
    }),
    customErrorMessage: () => 'request failed',
  };
  // With its default route, nestjs-pino logs no request on Fastify.
  return { pinoHttp, forRoutes: [{ path: '*splat', method: RequestMethod.ALL }] };
}

/** The line that ends a request may be written outside of its context: it is the connection that has ended then. */
const traceFields = (trace: TraceContext | undefined): object =>
  trace ? { traceId: trace.traceId, spanId: trace.spanId } : {};

/** Nest's middleware runner shortens `url` to what a middleware is mounted on. */
function pathOf(request: IncomingMessage): string {
  const url = 'originalUrl' in request ? request.originalUrl : request.url;
  return String(url).split('?', 1)[0] ?? '';
}
