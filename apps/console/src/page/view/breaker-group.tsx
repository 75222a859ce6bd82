import { useState } from 'preact/hooks';
import type { AccountReplica, Finding } from '../../protocol/messages.ts';
import { type Outcome, send } from '../control/api.ts';
import { BreakerCard } from './breaker-card.tsx';
import { OutcomeLine } from './outcome-line.tsx';

interface Props {
  readonly name: string;
  readonly accounts: readonly AccountReplica[];
  readonly token: string;
}

/** A circuit breaker as it is on each replica, and what the doctor says of it. */
export function BreakerGroup({ name, accounts, token }: Props) {
  const [outcome, setOutcome] = useState<Outcome>();
  const force = async (updateState: string, replicas?: readonly string[]): Promise<void> => {
    setOutcome(await send({ method: 'POST', path: `/breakers/${name}`, body: { updateState, replicas }, token }));
  };
  return (
    <section aria-labelledby={`breaker-${name}`}>
      <div class="section-head">
        <h2 id={`breaker-${name}`}>
          Circuit breaker <code>{name}</code>
        </h2>
        <div class="buttons" role="group" aria-label={`All replicas of ${name}`}>
          <span class="hint">All:</span>
          <button type="button" onClick={() => void force('FORCE_OPEN')}>
            Force open
          </button>
          <button type="button" onClick={() => void force('CLOSE')}>
            Close
          </button>
          <button type="button" onClick={() => void force('DISABLE')}>
            Disable
          </button>
        </div>
      </div>
      {outcome && <OutcomeLine outcome={outcome} />}
      <div class="card-grid">
        {accounts.map((replica) => {
          const breaker = replica.breakers[name];
          return (
            breaker && (
              <BreakerCard
                key={replica.name}
                replica={replica.name}
                problem={replica.problem}
                name={name}
                breaker={breaker}
                onForce={(updateState) => void force(updateState, [replica.name])}
              />
            )
          );
        })}
      </div>
      <Findings findings={findingsOf(name, accounts)} />
    </section>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="What the doctor says">
      {findings.map(({ code, severity, message }) => (
        <li key={code} class={`finding finding-${severity}`}>
          <b>Doctor</b> <code>{code}</code> {message}
        </li>
      ))}
    </ul>
  );
}

/** Replicas have the same configuration: what all of them find is said once. */
function findingsOf(name: string, accounts: readonly AccountReplica[]): readonly Finding[] {
  const found = accounts.flatMap(({ findings }) => findings.filter(({ instance }) => instance === name));
  return [...new Map(found.map((finding) => [finding.code, finding])).values()];
}
