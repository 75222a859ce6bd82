import { ResilienceError } from '../../core/errors.ts';

/** What OpenTelemetry's `error.type` is to hold: few different values. Our errors have a code, others a class. */
export function errorTypeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (error instanceof ResilienceError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
