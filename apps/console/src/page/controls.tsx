import type { Snapshot } from '../protocol/messages.ts';
import { FaultControls } from './fault-controls.tsx';
import { LoadControls } from './load-controls.tsx';
import { ProcessControls } from './process-controls.tsx';
import { ScenarioPlayer } from './scenario-player.tsx';
import type { Tokens } from './tokens.ts';

/** The controls that change the system. */
export function Controls({ snapshot, tokens }: { readonly snapshot: Snapshot; readonly tokens: Tokens }) {
  return (
    <aside class="controls" id="controls" aria-label="Controls">
      <FaultControls customers={snapshot.customers} token={tokens.faults} />
      <LoadControls load={snapshot.load} now={snapshot.at} />
      {snapshot.processes && <ProcessControls processes={snapshot.processes} token={tokens.faults} />}
      <section class="panel" aria-labelledby="tokens">
        <h2 id="tokens">Tokens</h2>
        <p class="hint">
          Changing a service requires its token, which is set when the service starts. Tokens stay in this tab.
        </p>
        <TokenField label="Customer's faults" value={tokens.faults} onChange={(token) => tokens.set('faults', token)} />
        <TokenField
          label="Account's actuator"
          value={tokens.actuator}
          onChange={(token) => tokens.set('actuator', token)}
        />
      </section>
      <ScenarioPlayer customers={snapshot.customers} load={snapshot.load} token={tokens.faults} now={snapshot.at} />
    </aside>
  );
}

interface TokenFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (token: string) => void;
}

function TokenField({ label, value, onChange }: TokenFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value.trim())}
      />
    </label>
  );
}
