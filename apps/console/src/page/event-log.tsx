import { useState } from 'preact/hooks';
import type { PolicyEvent } from '../protocol/messages.ts';
import { timeOfDay } from './format.ts';
import { TraceFinder, TraceLink } from './trace-link.tsx';

const maxRows = 100;

const filters = ['Transitions', 'Failures', 'Rejections', 'All'] as const;
type Filter = (typeof filters)[number];

const typesOf: Readonly<Record<Exclude<Filter, 'All'>, readonly string[]>> = {
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
  Rejections: ['NOT_PERMITTED', 'CALL_REJECTED', 'FAILED_ACQUIRE'],
};

/** @param replica empty for all replicas */
export function filterEvents(events: readonly PolicyEvent[], filter: Filter, replica: string): readonly PolicyEvent[] {
  return events.filter(
    (event) =>
      (filter === 'All' || typesOf[filter].includes(event.type)) && (replica === '' || event.replica === replica),
  );
}

/** The colour of an event. */
export function toneOf({ type, transition }: PolicyEvent): 'good' | 'warn' | 'bad' | 'plain' {
  if (transition !== undefined) {
    return transition.to === 'CLOSED' ? 'good' : transition.to === 'HALF_OPEN' ? 'warn' : 'bad';
  }
  if (type === 'SUCCESS') return 'good';
  if (typesOf.Failures.includes(type) || type.endsWith('_EXCEEDED')) return 'bad';
  return typesOf.Rejections.includes(type) ? 'warn' : 'plain';
}

/** The events of all policies, newest first. */
export function EventLog({ events, omitted }: { readonly events: readonly PolicyEvent[]; readonly omitted: number }) {
  const [filter, setFilter] = useState<Filter>('Transitions');
  const [replica, setReplica] = useState('');
  const [paused, setPaused] = useState<readonly PolicyEvent[]>();
  const replicas = [...new Set(events.map((event) => event.replica))].sort();
  const shown = filterEvents(paused ?? events, filter, replica).slice(0, maxRows);
  return (
    <section aria-labelledby="events">
      <div class="section-head">
        <h2 id="events">Events</h2>
        <div class="buttons" role="group" aria-label="Filter of the events">
          {filters.map((each) => (
            <button key={each} type="button" aria-pressed={filter === each} onClick={() => setFilter(each)}>
              {each}
            </button>
          ))}
          <select
            aria-label="Replica"
            value={replica}
            onChange={({ currentTarget }) => setReplica(currentTarget.value)}
          >
            <option value="">all replicas</option>
            {replicas.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <button
            type="button"
            aria-pressed={paused !== undefined}
            onClick={() => setPaused(paused === undefined ? events : undefined)}
          >
            Pause
          </button>
        </div>
      </div>
      <div class="panel events" tabIndex={0} role="region" aria-label="Event log">
        {shown.length === 0 ? <p class="hint empty">No such event among the latest.</p> : <EventTable events={shown} />}
      </div>
      <TraceFinder />
      {omitted > 0 && <p class="hint">{omitted} events of successful calls were omitted to limit the traffic.</p>}
    </section>
  );
}

/** Rows keep their elements when newer ones arrive, so that a click on a link does not miss it and its focus is not lost. */
const rowKeys = new WeakMap<PolicyEvent, number>();
let lastRowKey = 0;

function rowKeyOf(event: PolicyEvent): number {
  const key = rowKeys.get(event) ?? (lastRowKey += 1);
  rowKeys.set(event, key);
  return key;
}

function EventTable({ events }: { readonly events: readonly PolicyEvent[] }) {
  return (
    <table>
      <thead class="unseen">
        <tr>
          <th>Time</th>
          <th>Replica</th>
          <th>Event</th>
          <th>Policy</th>
          <th>Detail</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={rowKeyOf(event)}>
            <td class="hint">{timeOfDay(event.at)}</td>
            <td>{event.replica}</td>
            <td class={`tone-${toneOf(event)}`}>{event.type.replaceAll('_', ' ').toLowerCase()}</td>
            <td>
              {event.name} <span class="hint">{event.policy}</span>
            </td>
            <td class="event-detail">
              {event.detail}
              <TraceLink traceId={event.traceId} of={`this ${event.type.replaceAll('_', ' ').toLowerCase()}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
