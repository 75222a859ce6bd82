import { useState } from 'preact/hooks';
import type { PolicyEvent } from '../../protocol/messages.ts';
import { type EventFilter, eventKinds, filterEvents, toneOf } from '../state/event-filter.ts';
import { timeOfDay } from '../state/wording.ts';

const mostShown = 100;

/** What the policies have told, the newest first. */
export function EventLog({ events, omitted }: { readonly events: readonly PolicyEvent[]; readonly omitted: number }) {
  const [filter, setFilter] = useState<EventFilter>({ kind: 'Transitions', replica: '' });
  const [paused, setPaused] = useState<readonly PolicyEvent[]>();
  const replicas = [...new Set(events.map(({ replica }) => replica))].sort();
  const shown = filterEvents(paused ?? events, filter).slice(0, mostShown);
  return (
    <section aria-labelledby="events">
      <div class="section-head">
        <h2 id="events">Events</h2>
        <div class="buttons" role="group" aria-label="Which events">
          {eventKinds.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={filter.kind === kind}
              onClick={() => setFilter({ ...filter, kind })}
            >
              {kind}
            </button>
          ))}
          <select
            aria-label="Replica"
            value={filter.replica}
            onChange={({ currentTarget }) => setFilter({ ...filter, replica: currentTarget.value })}
          >
            <option value="">every replica</option>
            {replicas.map((replica) => (
              <option key={replica}>{replica}</option>
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
        {shown.length === 0 ? (
          <p class="hint empty">Nothing of this kind has happened yet.</p>
        ) : (
          <table>
            <thead class="unseen">
              <tr>
                <th>Time</th>
                <th>Replica</th>
                <th>Event</th>
                <th>Of</th>
                <th>Detail</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event, index) => (
                <tr key={`${event.at} ${index}`}>
                  <td class="hint">{timeOfDay(event.at)}</td>
                  <td>{event.replica}</td>
                  <td class={`tone-${toneOf(event)}`}>{event.type.replaceAll('_', ' ').toLowerCase()}</td>
                  <td>
                    {event.name} <span class="hint">{event.pattern}</span>
                  </td>
                  <td class="event-detail">{event.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {omitted > 0 && <p class="hint">{omitted} events of calls that went well were left out: there were too many.</p>}
    </section>
  );
}
