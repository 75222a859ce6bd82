import type { Snapshot } from '../../protocol/messages.ts';
import { FaultControls } from './fault-controls.tsx';
import { LoadControls } from './load-controls.tsx';
import { ScenarioPlayer } from './scenario-player.tsx';
import { TokenField } from './token-field.tsx';
import type { Tokens } from './use-tokens.ts';

/** Everything that can be done to the system. */
export function Controls({ snapshot, tokens }: { readonly snapshot: Snapshot; readonly tokens: Tokens }) {
  return (
    <aside class="controls" id="controls" aria-label="Controls">
      <LoadControls load={snapshot.load} now={snapshot.at} />
      <TokenFields tokens={tokens} />
      <FaultControls customers={snapshot.customers} token={tokens.faults} />
      <ScenarioPlayer load={snapshot.load} token={tokens.faults} now={snapshot.at} />
    </aside>
  );
}

function TokenFields({ tokens }: { readonly tokens: Tokens }) {
  return (
    <section class="panel" aria-labelledby="tokens">
      <h2 id="tokens">Tokens</h2>
      <p class="hint">
        What changes a service takes its token; whoever started the system was told it. It stays in this tab.
      </p>
      <TokenField label="Customer's faults" value={tokens.faults} onChange={(token) => tokens.set('faults', token)} />
      <TokenField
        label="Account's actuator"
        value={tokens.actuator}
        onChange={(token) => tokens.set('actuator', token)}
      />
    </section>
  );
}
