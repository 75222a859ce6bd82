import { RequestMethod } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import { stdTimeFunctions, type LoggerOptions } from 'pino';
import type { Options } from 'pino-http';
import { isProbe } from '../metrics/probe-paths.ts';

/** What a log line says about the process that wrote it. */
export interface LoggedProcess {
  readonly service: string;
  readonly instance: string;
  readonly level: string;
}

/** Wherever these turn up in a logged object, their value doesn't. */
const secrets = ['authorization', 'cookie', '["set-cookie"]', '["proxy-authorization"]'];

/** One JSON object a line: level in words, time in ISO 8601, service, instance. */
export function loggerOptions({ service, instance, level }: LoggedProcess): LoggerOptions {
  return {
    level,
    base: { service, instance },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['', 'headers.', '*.headers.'].flatMap((place) =>
        secrets.map((name) => (name.startsWith('[') ? place.replace(/\.$/, '') + name : place + name)),
      ),
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
    customErrorObject: (_request, response, error, { res, responseTime }: { res: unknown; responseTime: number }) => ({
      res,
      responseTime,
      ...(response.errored ? { err: error } : {}),
    }),
    customErrorMessage: () => 'request failed',
  };
  // With its default route, nestjs-pino logs no request on Fastify.
  return { pinoHttp, forRoutes: [{ path: '*splat', method: RequestMethod.ALL }] };
}

/** Nest's middleware runner shortens `url` to what a middleware is mounted on. */
function pathOf(request: IncomingMessage): string {
  const url = 'originalUrl' in request ? request.originalUrl : request.url;
  return String(url).split('?', 1)[0] ?? '';
}
