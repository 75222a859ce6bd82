import { describeIntervalFunction } from '../../core/interval-function.ts';
import type { OptionChange } from '../../core/definitions.ts';

/** What an option may be shown as. */
type Shown = string | number | boolean | null | readonly Shown[];

/** A changed option, with values that can be written as JSON. Durations are in milliseconds. */
export interface ChangeResponse {
  readonly option: string;
  readonly before: Shown;
  readonly after: Shown;
}

/** What changes for one instance. */
export interface InstanceChangeResponse {
  /** e.g. `CircuitBreaker 'customer'`. */
  readonly subject: string;
  readonly name: string;
  readonly changes: readonly ChangeResponse[];
  /** False when the instance cannot change while it lives: the new options hold from the next start on. */
  readonly isApplicable: boolean;
}

export function changeResponse({ option, before, after }: OptionChange): ChangeResponse {
  return { option, before: shown(before), after: shown(after) };
}

/** e.g. `failureRateThreshold 50 → 30, slidingWindowSize 10 → 20`. */
export function changesInWords(changes: readonly OptionChange[]): string {
  return changes
    .map((change) => changeResponse(change))
    .map(({ option, before, after }) => `${option} ${inWords(before)} → ${inWords(after)}`)
    .join(', ');
}

function inWords(value: Shown): string {
  if (value === null) return 'none';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function shown(value: unknown): Shown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((entry) => shown(entry));
  if (typeof value === 'function') return describeIntervalFunction(value) ?? (value.name || 'a function');
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}
