import type { PolicyEvent } from '../protocol/messages.ts';

/** What an event of the actuator's stream may have. */
interface StreamedEvent {
  readonly pattern?: string;
  readonly type?: string;
  readonly creationTime?: string;
  readonly errorMessage?: string | null;
  readonly durationInMs?: number | null;
  readonly stateTransition?: string | null;
  readonly numberOfAttempts?: number;
  readonly admissionPercentage?: number;
  readonly count?: number;
  readonly [field: string]: unknown;
}

const nameFields = [
  'name',
  'circuitBreakerName',
  'retryName',
  'bulkheadName',
  'rateLimiterName',
  'timeLimiterName',
] as const;

const longestDetail = 200;

/** An event of the actuator's stream as the page shows it; `undefined` for one that cannot be read. */
export function policyEventOf(replica: string, type: string, data: string): PolicyEvent | undefined {
  const event = parse(data);
  if (event === undefined) return undefined;
  const at = Date.parse(event.creationTime ?? '');
  return {
    at: Number.isNaN(at) ? Date.now() : at,
    replica,
    pattern: event.pattern ?? 'stream',
    name: nameOf(event),
    type,
    detail: detailOf(event).slice(0, longestDetail),
  };
}

function parse(data: string): StreamedEvent | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as StreamedEvent) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(event: StreamedEvent): string {
  const named = nameFields.map((field) => event[field]).find((name) => typeof name === 'string');
  if (typeof named === 'string') return named;
  // Patterns that Resilience4j does not have call it by their own name: `hedgeName`, `fallbackName`.
  const field = Object.keys(event).find((each) => each.endsWith('Name'));
  return field === undefined ? '' : String(event[field]);
}

function detailOf(event: StreamedEvent): string {
  const { stateTransition, durationInMs, errorMessage, numberOfAttempts, admissionPercentage, count } = event;
  return [
    stateTransition?.replace('_TO_', ' → ').replaceAll('_', ' '),
    durationInMs === null || durationInMs === undefined ? undefined : `${durationInMs} ms`,
    numberOfAttempts === undefined ? undefined : `attempt ${numberOfAttempts}`,
    admissionPercentage === undefined ? undefined : `${admissionPercentage} % let through`,
    count === undefined ? undefined : `${count} events were missed`,
    errorMessage,
  ]
    .filter(Boolean)
    .join(' · ');
}
