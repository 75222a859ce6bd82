import {
  type Experiment,
  type ExperimentCall,
  experiments,
  type LookupEvent,
  type LookupOutcome,
  lookupsPerExperiment,
} from '@breakwater/contracts/experiments';
import { useState } from 'preact/hooks';
import type { AccountReplica, CustomerReplica } from '../protocol/messages.ts';
import { howToOfferExperiments, runExperiment, send } from './api.ts';
import { duration, percent, stateLabels } from './format.ts';
import { presetOf } from './scenarios.ts';

interface Props {
  readonly accounts: readonly AccountReplica[];
  readonly customers: readonly CustomerReplica[];
  /** For the faults of customer. */
  readonly token: string;
}

/** From here on, the lessons of the experiments hold. */
const slowSeconds = 2;

/** The experiments, which a user runs one at a time. */
export function Experiments({ accounts, customers, token }: Props) {
  const isSlow = customers.every(({ latencySeconds }) => (latencySeconds ?? 0) >= slowSeconds);
  const isOffered = accounts.some(({ breakers }) => experiments.some(({ name }) => name in breakers));
  return (
    <section aria-labelledby="experiments">
      <div class="section-head">
        <h2 id="experiments">Experiments</h2>
        <span class="hint">
          {lookupsPerExperiment} sequential lookups each, through a circuit breaker of their own, of a customer that
          takes 2 s
        </span>
      </div>
      {isOffered ? (
        <>
          <div class="experiment-grid">
            {experiments.map((experiment) => (
              <ExperimentCard key={experiment.name} experiment={experiment} isSlow={isSlow} token={token} />
            ))}
          </div>
        </>
      ) : (
        <p class="panel hint">Account does not offer experiments. {howToOfferExperiments}</p>
      )}
    </section>
  );
}

/** As the preset, because its faults stay until they are cleared. */
const slowCustomer = presetOf('Slow').faults ?? {};

interface ExperimentRun {
  readonly status: 'running' | 'done' | 'failed';
  readonly replica: string;
  readonly calls: readonly ExperimentCall[];
  /** Why it failed. */
  readonly problem: string;
}

const newRun: ExperimentRun = { status: 'running', replica: '', calls: [], problem: '' };

function withEvent(run: ExperimentRun, event: LookupEvent): ExperimentRun {
  if (event.type === 'start') return { ...run, replica: event.instance };
  if (event.type === 'call') return { ...run, calls: [...run.calls, event] };
  return { ...run, status: 'done' };
}

interface CardProps {
  readonly experiment: Experiment;
  readonly isSlow: boolean;
  readonly token: string;
}

function ExperimentCard({ experiment: { name, title, setup, lesson }, isSlow, token }: CardProps) {
  const [run, setRun] = useState<ExperimentRun>();
  const start = async (): Promise<void> => {
    setRun(newRun);
    const problem = await runExperiment(name, (event) => setRun((before) => withEvent(before ?? newRun, event)));
    if (problem !== undefined) setRun((before) => ({ ...(before ?? newRun), status: 'failed', problem }));
  };
  const makeSlowAndStart = async (): Promise<void> => {
    const { isDone, message } = await send({ method: 'PUT', path: '/faults', body: slowCustomer, token });
    if (isDone) await start();
    else setRun({ ...newRun, status: 'failed', problem: message });
  };
  const isRunning = run?.status === 'running';
  // The lessons are about calls of 2 s.
  const wasSlow = run?.calls.some(({ durationMs }) => durationMs > 1_000);
  return (
    <article class="panel experiment" aria-label={title}>
      <h3>{title}</h3>
      <code class="hint">{name}</code>
      <p>{setup}</p>
      {run && <Calls run={run} />}
      {run?.status === 'done' && <p>{wasSlow ? lesson : 'Customer was not slow. Make it slow and run it again.'}</p>}
      <div class="buttons">
        {!isSlow && (
          <button type="button" disabled={isRunning} onClick={() => void makeSlowAndStart()}>
            Make it slow and run
          </button>
        )}
        <button type="button" disabled={isRunning} onClick={() => void start()}>
          {isRunning ? `${run.calls.length} of ${lookupsPerExperiment}` : run === undefined ? 'Run' : 'Run again'}
        </button>
      </div>
    </article>
  );
}

const cellOf: Readonly<Record<LookupOutcome, string>> = {
  answered: 'cell-SUCCESS',
  slow: 'cell-SLOW_SUCCESS',
  failed: 'cell-ERROR',
  'not-permitted': 'cell-REJECTED',
};

function Calls({ run: { calls, replica, status, problem } }: { readonly run: ExperimentRun }) {
  if (status === 'failed') {
    return (
      <p class="result result-bad" role="status">
        {problem}
      </p>
    );
  }
  const last = calls.at(-1);
  const free = Array.from({ length: Math.max(0, lookupsPerExperiment - calls.length) }, (_, index) => index);
  return (
    <figure class="window">
      <div class="cells" role="img" aria-label={`${calls.length} of ${lookupsPerExperiment} calls have ended`}>
        {calls.map(({ n, outcome, durationMs }) => (
          <i key={n} class={`cell ${cellOf[outcome]}`} title={`call ${n}: ${outcome}, ${duration(durationMs)}`} />
        ))}
        {free.map((index) => (
          <i key={`free ${index}`} class="cell cell-EMPTY" />
        ))}
      </div>
      <figcaption class="hint">
        {last === undefined
          ? `Starting on ${replica}`
          : `${replica} · ${stateLabels[last.state]} · failed ${percent(last.failureRate)}, slow ${percent(last.slowCallRate)}`}
      </figcaption>
    </figure>
  );
}
