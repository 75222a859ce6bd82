import { useState } from 'preact/hooks';
import type { CustomerReplica, LoadState } from '../protocol/messages.ts';
import { type CommandResult, onReplica, send } from './api.ts';
import { duration } from './format.ts';
import { ResultLine } from './result-line.tsx';
import { durationOf, type Scenario, scenarios, stepAt } from './scenarios.ts';

interface Props {
  readonly customers: readonly CustomerReplica[];
  readonly load: LoadState;
  readonly token: string;
  /** On the server's clock. */
  readonly now: number;
}

interface ScenarioRun {
  readonly scenario: Scenario;
  readonly startedAt: number;
}

/** The run of this tab, so that a page that reloads can stop it. */
const storageKey = 'breakwater-scenario';

function storedRun(now: number): ScenarioRun | undefined {
  const [name, startedAt] = (sessionStorage.getItem(storageKey) ?? '').split(' ');
  const scenario = scenarios.find((each) => each.name === name);
  const hasEnded = scenario === undefined || now > Number(startedAt) + durationOf(scenario) * 1_000;
  return hasEnded ? undefined : { scenario, startedAt: Number(startedAt) };
}

function store(run: ScenarioRun | undefined): void {
  if (run === undefined) sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, `${run.scenario.name} ${run.startedAt}`);
}

const [first] = scenarios;

/** Plays the faults and the load of a scenario. */
export function ScenarioPlayer({ customers, load, token, now }: Props) {
  const [run, setRun] = useState(() => storedRun(now));
  const [name, setName] = useState((run?.scenario ?? first)?.name ?? '');
  const [result, setResult] = useState<CommandResult>();
  const chosen = scenarios.find((scenario) => scenario.name === name);

  const changeRun = (changed: ScenarioRun | undefined): void => {
    store(changed);
    setRun(changed);
  };
  const start = async (scenario: Scenario): Promise<void> => {
    const path = onReplica('/faults/timeline', scenario.isOfOneReplica ? customers.at(-1)?.name : undefined);
    const faults = await send({ method: 'PUT', path, body: scenario.timeline, token });
    const sent =
      faults.isDone && load.isAllowed ? await send({ method: 'PUT', path: '/load', body: scenario.load }) : faults;
    setResult(sent.isDone ? undefined : sent);
    changeRun(sent.isDone ? { scenario, startedAt: now } : undefined);
  };
  const stop = async (): Promise<void> => {
    changeRun(undefined);
    const cleared = await send({ method: 'DELETE', path: '/faults', token });
    const stopped = load.isAllowed ? await send({ method: 'DELETE', path: '/load' }) : cleared;
    setResult([cleared, stopped].find(({ isDone }) => !isDone));
  };

  return (
    <section class="panel" aria-labelledby="scenarios">
      <h2 id="scenarios">Scenario</h2>
      <select aria-label="Scenario" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
        {scenarios.map((scenario) => (
          <option key={scenario.name}>{scenario.name}</option>
        ))}
      </select>
      {chosen && (
        <p class="hint">
          {chosen.claim} {duration(durationOf(chosen) * 1_000)}
          {load.isAllowed ? ', with load.' : ', without load: this console sends none.'}
        </p>
      )}
      {run && <Progress run={run} now={now} />}
      <div class="buttons">
        <button type="button" class="primary" onClick={() => chosen && void start(chosen)}>
          Play
        </button>
        {run && (
          <button type="button" onClick={() => void stop()}>
            Stop and clear faults
          </button>
        )}
      </div>
      <ResultLine result={result} />
    </section>
  );
}

function Progress({ run: { scenario, startedAt }, now }: { readonly run: ScenarioRun; readonly now: number }) {
  const seconds = durationOf(scenario);
  const elapsed = Math.max(0, (now - startedAt) / 1_000);
  return (
    <div>
      <progress max={seconds} value={Math.min(elapsed, seconds)} aria-label={`Progress of ${scenario.name}`} />
      <p class="step">
        {elapsed < seconds ? (
          <>
            <b>{stepAt(scenario, elapsed)}</b>{' '}
            <span class="hint">
              {Math.floor(elapsed)} of {seconds} s
            </span>
          </>
        ) : (
          <b>{scenario.name} has ended</b>
        )}
      </p>
    </div>
  );
}
