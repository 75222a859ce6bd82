import { useState } from 'preact/hooks';
import type { AccountReplica, CustomerReplica, Finding } from '../protocol/messages.ts';
import { type CommandResult, send } from './api.ts';
import { BreakerCard, updates, type UpdateState } from './breaker-card.tsx';
import type { PeriodsByReplica } from './console-state.ts';
import { Endpoints } from './endpoints.tsx';
import { ResultLine } from './result-line.tsx';

interface Props {
  readonly name: string;
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
  readonly periods: PeriodsByReplica;
  readonly token: string;
}

/** A circuit breaker on all replicas, the endpoints behind it, and the doctor's findings about it. */
export function BreakerGroup({ name, accounts, customers, periods, token }: Props) {
  const [result, setResult] = useState<CommandResult>();
  const update = async (updateState: UpdateState, replicas?: readonly string[]): Promise<void> => {
    setResult(
      await send({
        method: 'POST',
        path: `/breakers/${encodeURIComponent(name)}`,
        body: { updateState, replicas },
        token,
      }),
    );
  };
  return (
    <section aria-labelledby={`breaker-${name}`}>
      <div class="section-head">
        <h2 id={`breaker-${name}`}>
          Circuit breaker <code>{name}</code>
        </h2>
        <div class="buttons" role="group" aria-label={`All replicas of ${name}`}>
          <span class="hint">All:</span>
          {updates.map(({ updateState, label }) => (
            <button key={updateState} type="button" onClick={() => void update(updateState)}>
              {label}
            </button>
          ))}
        </div>
      </div>
      {result && <ResultLine result={result} />}
      <div class="card-grid">
        {accounts.map(({ name: replica, problem, hasEvents, breakers }) => {
          const breaker = breakers[name];
          // Transitions arrive as events; without them, the last read is the best that is known.
          const period = hasEvents ? periods[replica]?.at(-1) : undefined;
          const streamed = period?.to === undefined ? period?.state : undefined;
          return (
            breaker && (
              <BreakerCard
                key={replica}
                replica={replica}
                problem={problem}
                name={name}
                state={problem === null ? (streamed ?? breaker.state) : undefined}
                breaker={breaker}
                onUpdate={(updateState) => void update(updateState, [replica])}
              />
            )
          );
        })}
      </div>
      <Endpoints pool={name} accounts={accounts} customers={customers} />
      <Findings findings={findingsOf(name, accounts)} />
    </section>
  );
}

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="Findings of the doctor">
      {findings.map(({ code, severity, message }) => (
        <li key={code} class={`finding finding-${severity}`}>
          <b>Doctor</b> <code>{code}</code> {message}
        </li>
      ))}
    </ul>
  );
}

/** Replicas share their configuration, so that each finding is shown once. */
function findingsOf(name: string, accounts: readonly AccountReplica[]): readonly Finding[] {
  const found = accounts.flatMap(({ findings }) => findings.filter(({ instance }) => instance === name));
  return [...new Map(found.map((finding) => [finding.code, finding])).values()];
}
