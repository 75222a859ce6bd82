import { describeIntervalFunction } from '../../core/interval-function.ts';
import type { OptionChange } from '../../core/definitions.ts';

/** The value of an option in a response. */
type JsonValue = string | number | boolean | null | readonly JsonValue[];

/** A changed option. Durations are in milliseconds. */
export interface ChangeResponse {
  readonly option: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** The changed options of one instance. */
export interface InstanceChangeResponse {
  /** e.g. `CircuitBreaker 'customer'`. */
  readonly subject: string;
  readonly name: string;
  readonly changes: readonly ChangeResponse[];
  /** False if the instance cannot change at run time: the new options apply after the next start. */
  readonly isApplicable: boolean;
}

export function changeResponse({ option, before, after }: OptionChange): ChangeResponse {
  return { option, before: toJson(before), after: toJson(after) };
}

/** e.g. `failureRateThreshold 50 → 30, slidingWindowSize 10 → 20`. */
export function describeChanges(changes: readonly OptionChange[]): string {
  return changes
    .map((change) => changeResponse(change))
    .map(({ option, before, after }) => `${option} ${asText(before)} → ${asText(after)}`)
    .join(', ');
}

function asText(value: JsonValue): string {
  if (value === null) return 'none';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function toJson(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((entry) => toJson(entry));
  if (typeof value === 'function') return describeIntervalFunction(value) ?? (value.name || 'a function');
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}
