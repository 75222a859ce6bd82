import { useState } from 'preact/hooks';
import type { LoadState } from '../../protocol/messages.ts';
import { type Outcome, send } from '../control/api.ts';
import { durationOf, type Scenario, scenarios, stepAt } from '../state/scenarios.ts';
import { duration } from '../state/wording.ts';
import { OutcomeLine } from './outcome-line.tsx';

interface Props {
  readonly load: LoadState;
  readonly token: string;
  /** By the server's clock. */
  readonly now: number;
}

interface Play {
  readonly scenario: Scenario;
  readonly begun: number;
}

const [first] = scenarios;

/** Plays a scenario: its load, and what is wrong with customer meanwhile. */
export function ScenarioPlayer({ load, token, now }: Props) {
  const [name, setName] = useState(first?.name ?? '');
  const [play, setPlay] = useState<Play>();
  const [outcome, setOutcome] = useState<Outcome>();
  const chosen = scenarios.find((scenario) => scenario.name === name);

  const start = async (scenario: Scenario): Promise<void> => {
    const faults = await send({ method: 'PUT', path: '/faults/timeline', body: scenario.timeline, token });
    const sent =
      faults.isDone && load.isAllowed ? await send({ method: 'PUT', path: '/load', body: scenario.load }) : faults;
    setOutcome(sent.isDone ? undefined : sent);
    setPlay(sent.isDone ? { scenario, begun: now } : undefined);
  };
  const stop = async (): Promise<void> => {
    setPlay(undefined);
    const healed = await send({ method: 'DELETE', path: '/faults', token });
    const stopped = load.isAllowed ? await send({ method: 'DELETE', path: '/load' }) : healed;
    setOutcome([healed, stopped].find(({ isDone }) => !isDone));
  };

  return (
    <section class="panel" aria-labelledby="scenarios">
      <h2 id="scenarios">Play a scenario</h2>
      <select aria-label="Scenario" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
        {scenarios.map((scenario) => (
          <option key={scenario.name}>{scenario.name}</option>
        ))}
      </select>
      {chosen && (
        <p class="hint">
          {chosen.claim} {duration(durationOf(chosen) * 1_000)}
          {load.isAllowed ? ', with its load.' : '; this console sends no load.'}
        </p>
      )}
      {play && <Progress play={play} now={now} />}
      <div class="buttons">
        <button type="button" class="primary" onClick={() => chosen && void start(chosen)}>
          Play
        </button>
        {play && (
          <button type="button" onClick={() => void stop()}>
            Stop and heal
          </button>
        )}
      </div>
      <OutcomeLine outcome={outcome} />
    </section>
  );
}

function Progress({ play: { scenario, begun }, now }: { readonly play: Play; readonly now: number }) {
  const seconds = durationOf(scenario);
  const elapsed = Math.max(0, (now - begun) / 1_000);
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
          <b>{scenario.name} is over</b>
        )}
      </p>
    </div>
  );
}
