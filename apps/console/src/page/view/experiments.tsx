import { useState } from 'preact/hooks';
import type { AccountReplica } from '../../protocol/messages.ts';
import { runExperiment } from '../control/api.ts';
import { type Experiment, type ExperimentCall, experiments, newRun, type Run, withLine } from '../state/experiments.ts';
import { duration, percent, stateWords } from '../state/wording.ts';

/** The five experiments, to be made one by one and watched. */
export function Experiments({ accounts }: { readonly accounts: readonly AccountReplica[] }) {
  const isOffered = accounts.some(({ breakers }) => experiments.some(({ name }) => name in breakers));
  return (
    <section aria-labelledby="experiments">
      <div class="section-head">
        <h2 id="experiments">Five experiments</h2>
        <span class="hint">20 look-ups each, one after the other, through a circuit breaker of its own</span>
      </div>
      {isOffered ? (
        <>
          <p class="hint">They show what they say while customer takes 2 s: press Slow first.</p>
          <div class="experiment-grid">
            {experiments.map((experiment) => (
              <ExperimentCard key={experiment.name} experiment={experiment} />
            ))}
          </div>
        </>
      ) : (
        <p class="panel hint">Account does not offer them here: start it with DEMO_MODE=true.</p>
      )}
    </section>
  );
}

function ExperimentCard({ experiment: { name, title, setup, lesson } }: { readonly experiment: Experiment }) {
  const [run, setRun] = useState<Run>();
  const start = async (): Promise<void> => {
    setRun(newRun);
    const problem = await runExperiment(name, (line) => setRun((before) => withLine(before ?? newRun, line)));
    if (problem !== undefined) setRun((before) => ({ ...(before ?? newRun), status: 'failed', problem }));
  };
  const isRunning = run?.status === 'running';
  return (
    <article class="panel experiment" aria-label={title}>
      <h3>{title}</h3>
      <code class="hint">{name}</code>
      <p>{setup}</p>
      {run && <Calls run={run} />}
      {run?.status === 'done' && (
        <p>{isOfSlowCustomer(run) ? lesson : 'Customer was not slow this time: press Slow, and run it again.'}</p>
      )}
      <div class="buttons">
        <button type="button" disabled={isRunning} onClick={() => void start()}>
          {isRunning ? `${run.calls.length} of 20` : run === undefined ? 'Run' : 'Run again'}
        </button>
      </div>
    </article>
  );
}

/** What an experiment teaches, it teaches about a customer that takes 2 s. */
const isOfSlowCustomer = ({ calls }: Run): boolean => calls.some(({ durationMs }) => durationMs > 1_000);

const cellOf: Readonly<Record<ExperimentCall['outcome'], string>> = {
  answered: 'cell-SUCCESS',
  slow: 'cell-SLOW_SUCCESS',
  failed: 'cell-ERROR',
  'not-permitted': 'cell-REFUSED',
};

function Calls({ run: { calls, replica, status, problem } }: { readonly run: Run }) {
  if (status === 'failed') {
    return (
      <p class="outcome outcome-bad" role="status">
        {problem}
      </p>
    );
  }
  const last = calls.at(-1);
  const free = Array.from({ length: Math.max(0, 20 - calls.length) }, (_, index) => index);
  return (
    <figure class="window">
      <div class="cells" role="img" aria-label={`${calls.length} of 20 calls have ended`}>
        {calls.map(({ n, outcome, durationMs }) => (
          <i key={n} class={`cell ${cellOf[outcome]}`} title={`call ${n}: ${outcome}, ${duration(durationMs)}`} />
        ))}
        {free.map((index) => (
          <i key={`free ${index}`} class="cell cell-EMPTY" />
        ))}
      </div>
      <figcaption class="hint">
        {last === undefined
          ? `Begins on ${replica}`
          : `${replica} · ${stateWords[last.state as keyof typeof stateWords] ?? last.state} · failed ${percent(last.failureRate)}, slow ${percent(last.slowCallRate)}`}
      </figcaption>
    </figure>
  );
}
