import type { PolicyEvent } from '../../protocol/messages.ts';

/** What of the events is wanted. */
export interface EventFilter {
  readonly kind: EventKind;
  /** Empty for every replica. */
  readonly replica: string;
}

export const eventKinds = ['Transitions', 'Failures', 'Refusals', 'All'] as const;
export type EventKind = (typeof eventKinds)[number];

const typesOf: Readonly<Record<Exclude<EventKind, 'All'>, readonly string[]>> = {
  Transitions: [
    'STATE_TRANSITION',
    'RESET',
    'FAILURE_RATE_EXCEEDED',
    'SLOW_CALL_RATE_EXCEEDED',
    'COMBINED_RATE_EXCEEDED',
    'HEALTH_PROBE',
    'RAMP_UP',
    'ENTRY_RECONFIGURED',
  ],
  Failures: ['ERROR', 'TIMEOUT', 'RETRY', 'RETRY_BUDGET_EXHAUSTED'],
  Refusals: ['NOT_PERMITTED', 'CALL_REJECTED', 'FAILED_ACQUIRE'],
};

export function filterEvents(events: readonly PolicyEvent[], { kind, replica }: EventFilter): readonly PolicyEvent[] {
  return events.filter(
    (event) => (kind === 'All' || typesOf[kind].includes(event.type)) && (replica === '' || event.replica === replica),
  );
}

/** How an event is meant: what went well, what is a warning, what is bad; the rest is neither. */
export function toneOf({ type, detail }: PolicyEvent): 'good' | 'warn' | 'bad' | 'plain' {
  if (type === 'STATE_TRANSITION')
    return detail.endsWith('CLOSED') ? 'good' : detail.endsWith('HALF OPEN') ? 'warn' : 'bad';
  if (type === 'SUCCESS') return 'good';
  if (typesOf.Failures.includes(type) || type.endsWith('_EXCEEDED')) return 'bad';
  return typesOf.Refusals.includes(type) ? 'warn' : 'plain';
}
