import { useState } from 'preact/hooks';
import type { CustomerReplica } from '../../protocol/messages.ts';
import { type Command, type Outcome, send } from '../control/api.ts';
import { presets, scenarios } from '../state/timelines.ts';
import { duration, rate } from '../state/wording.ts';

interface Props {
  readonly customers: readonly CustomerReplica[];
  readonly token: string;
}

/** What is wrong with customer, and buttons to change it on all of its replicas. */
export function FaultControls({ customers, token }: Props) {
  const [outcome, setOutcome] = useState<Outcome>();
  const [latencyMs, setLatencyMs] = useState(500);
  const command = async (what: Omit<Command, 'token'>): Promise<void> => setOutcome(await send({ ...what, token }));
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Break customer</h2>
      <ul class="replicas">
        {customers.map((customer) => (
          <li key={customer.name}>
            <b>{customer.name}</b> <span class="hint">{describe(customer)}</span>
          </li>
        ))}
      </ul>
      <div class="buttons presets" role="group" aria-label="Faults">
        {presets.map(({ name, description, faults }) => (
          <button
            key={name}
            type="button"
            title={description}
            class={faults === null ? 'primary' : ''}
            onClick={() => void command(faults === null ? heal : { method: 'PUT', path: '/faults', body: faults })}
          >
            {name}
          </button>
        ))}
      </div>
      <label class="field">
        <span>
          Latency <b>{duration(latencyMs)}</b>
        </span>
        <input
          type="range"
          min={0}
          max={5_000}
          step={100}
          value={latencyMs}
          onInput={({ currentTarget }) => setLatencyMs(Number(currentTarget.value))}
          onChange={({ currentTarget }) =>
            void command({ method: 'PATCH', path: '/faults', body: { latency: `${currentTarget.value}ms` } })
          }
        />
      </label>
      <h3>Play a story</h3>
      <div class="buttons" role="group" aria-label="Stories">
        {scenarios.map(({ name, description, timeline }) => (
          <button
            key={name}
            type="button"
            title={description}
            onClick={() => void command({ method: 'PUT', path: '/faults/timeline', body: timeline })}
          >
            {name}
          </button>
        ))}
      </div>
      <p class={outcome === undefined || outcome.isDone ? 'outcome' : 'outcome outcome-bad'} role="status">
        {outcome?.message}
      </p>
    </section>
  );
}

const heal: Omit<Command, 'token'> = { method: 'DELETE', path: '/faults' };

function describe({ problem, activeFaults, struckPerSecond, latencySeconds }: CustomerReplica): string {
  if (problem !== null) return `not reached: ${problem}`;
  const names = activeFaults.map((fault) =>
    fault === 'latency' && latencySeconds !== null ? `latency ${duration(latencySeconds * 1_000)}` : fault,
  );
  if (names.length === 0) return 'well';
  return `${names.join(', ')}${struckPerSecond > 0 ? ` · ${rate(struckPerSecond)}` : ''}`;
}
