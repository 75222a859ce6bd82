import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import type { SpanContext } from '@opentelemetry/api';
import { stdSerializers, stdTimeFunctions, type LoggerOptions } from 'pino';
import type { ServiceConfig } from '../config/service-config.ts';
import { currentRequestId, currentTraceContext } from '../request-context/request-context.ts';
import { redaction } from './redaction.ts';

/**
 * One JSON object per line: the level in words, the time in ISO 8601, service and instance; during a request, its id, trace and
 * span.
 */
export function loggerOptions(
  service: string,
  config: Pick<ServiceConfig, 'INSTANCE_NAME' | 'LOG_LEVEL'>,
): LoggerOptions {
  return {
    level: config.LOG_LEVEL,
    base: { service, instance: config.INSTANCE_NAME },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => fieldsOf(currentRequestId(), currentTraceContext()),
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

/** The fields by which the lines of a request are found. */
export const fieldsOf = (requestId: string | undefined, trace: SpanContext | undefined): object => ({
  ...(requestId !== undefined && { requestId }),
  ...(trace && { traceId: trace.traceId, spanId: trace.spanId }),
});

const masked = (value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value) : value);

/** An error whose message, stack or fields may contain a URL, as `input` of `TypeError: Invalid URL` does. */
const errorWithoutSecrets = (error: Error): object =>
  Object.fromEntries(Object.entries(stdSerializers.err(error)).map(([name, value]) => [name, masked(value)]));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
