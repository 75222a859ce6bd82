import { useState } from 'preact/hooks';
import type { CustomerReplica } from '../../protocol/messages.ts';
import { type Command, type Outcome, send } from '../control/api.ts';
import { presets } from '../state/presets.ts';
import { duration, rate } from '../state/wording.ts';
import { OutcomeLine } from './outcome-line.tsx';

interface Props {
  readonly customers: readonly CustomerReplica[];
  readonly token: string;
}

/** What is wrong with customer, and buttons to change it on all of its replicas. */
export function FaultControls({ customers, token }: Props) {
  const [outcome, setOutcome] = useState<Outcome>();
  const [latencyMs, setLatencyMs] = useState(500);
  const command = async (what: Omit<Command, 'token'>, done: string): Promise<void> => {
    const result = await send({ ...what, token });
    setOutcome(result.isDone ? { isDone: true, message: done } : result);
  };
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Break customer</h2>
      <ul class="replicas">
        {customers.map((customer) => (
          <li key={customer.name}>
            <b>{customer.name}</b> <span class={isWell(customer) ? 'hint' : 'hint tone-bad'}>{describe(customer)}</span>
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
            onClick={() =>
              void command(faults === null ? heal : { method: 'PUT', path: '/faults', body: faults }, description)
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
          onChange={({ currentTarget }) =>
            void command(
              { method: 'PATCH', path: '/faults', body: { latency: `${currentTarget.value}ms` } },
              `Every answer takes ${duration(Number(currentTarget.value))}.`,
            )
          }
        />
      </label>
      <OutcomeLine outcome={outcome} />
    </section>
  );
}

const heal: Omit<Command, 'token'> = { method: 'DELETE', path: '/faults' };

/** Whether it answers, and nothing but its latency is set. */
function isWell({ problem, activeFaults }: CustomerReplica): boolean {
  return problem === null && activeFaults.every((fault) => fault === 'latency');
}

function describe({ problem, activeFaults, struckPerSecond, latencySeconds }: CustomerReplica): string {
  if (problem !== null) return `not reached: ${problem}`;
  const names = activeFaults.map((fault) =>
    fault === 'latency' && latencySeconds !== null ? `latency ${duration(latencySeconds * 1_000)}` : fault,
  );
  if (names.length === 0) return 'well';
  return `${names.join(', ')}${struckPerSecond > 0 ? ` · ${rate(struckPerSecond)}` : ''}`;
}
