import { useState } from 'preact/hooks';
import type { CustomerReplica } from '../protocol/messages.ts';
import { type Command, type CommandResult, onReplica, send } from './api.ts';
import { duration, rate } from './format.ts';
import { ResultLine } from './result-line.tsx';
import { presets } from './scenarios.ts';

interface Props {
  readonly customers: readonly CustomerReplica[];
  readonly token: string;
}

/** The faults of each replica of customer, and buttons that set them on all replicas or on one. */
export function FaultControls({ customers, token }: Props) {
  const [result, setResult] = useState<CommandResult>();
  const [latencyMs, setLatencyMs] = useState(500);
  const [chosen, setChosen] = useState('');
  // A replica that has gone cannot stay chosen.
  const replica = customers.find(({ name }) => name === chosen)?.name;
  const command = async (request: Omit<Command, 'path' | 'token'>, message: string): Promise<void> => {
    const sent = await send({ ...request, path: onReplica('/faults', replica), token });
    const done = { isDone: true, message: replica === undefined ? message : `${replica}: ${message}` };
    setResult(sent.isDone ? done : sent);
  };
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Faults of customer</h2>
      <ul class="replicas">
        {customers.map((customer) => (
          <li key={customer.name}>
            <b>{customer.name}</b>{' '}
            <span class={isHealthy(customer) ? 'hint' : 'hint tone-bad'}>{describe(customer)}</span>
          </li>
        ))}
      </ul>
      {customers.length > 1 && (
        <label class="field">
          <span>Set on</span>
          <select value={replica ?? ''} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            <option value="">all replicas</option>
            {customers.map(({ name }) => (
              <option key={name} value={name}>
                only {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="buttons presets" role="group" aria-label="Faults">
        {presets.map(({ name, description, faults }) => (
          <button
            key={name}
            type="button"
            title={description}
            onClick={() =>
              void command(faults === null ? { method: 'DELETE' } : { method: 'PUT', body: faults }, description)
            }
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
          onChange={({ currentTarget: { value } }) =>
            void command(
              { method: 'PATCH', body: { latency: `${value}ms` } },
              `Every response takes ${duration(Number(value))}.`,
            )
          }
        />
      </label>
      <ResultLine result={result} />
    </section>
  );
}

/** Whether the replica is reachable and has no fault but a latency. */
function isHealthy({ problem, activeFaults }: CustomerReplica): boolean {
  return problem === null && activeFaults.every((fault) => fault === 'latency');
}

function describe({ problem, activeFaults, injectedPerSecond, latencySeconds }: CustomerReplica): string {
  if (problem !== null) return `unreachable: ${problem}`;
  const names = activeFaults.map((fault) =>
    fault === 'latency' && latencySeconds !== null ? `latency ${duration(latencySeconds * 1_000)}` : fault,
  );
  if (names.length === 0) return 'no faults';
  return `${names.join(', ')}${injectedPerSecond > 0 ? ` · ${rate(injectedPerSecond)}` : ''}`;
}
