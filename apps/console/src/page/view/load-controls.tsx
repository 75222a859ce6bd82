import { useState } from 'preact/hooks';
import type { LoadState } from '../../protocol/messages.ts';
import { type Outcome, send } from '../control/api.ts';
import { duration } from '../state/wording.ts';
import { OutcomeLine } from './outcome-line.tsx';

const mostPerSecond = 100;
const seconds = 300;

/** What account means by its statuses. */
const answerWords: Readonly<Record<string, string>> = {
  0: 'no answer',
  201: '201 opened',
  202: '202 accepted',
  422: '422 no such customer',
  429: '429 too many',
  503: '503 not now',
};

/** How many accounts are opened a second, and what comes of them. */
export function LoadControls({ load, now }: { readonly load: LoadState; readonly now: number }) {
  const [rate, setRate] = useState(20);
  const [outcome, setOutcome] = useState<Outcome>();
  const isRunning = load.rate > 0;
  const start = async (perSecond: number): Promise<void> =>
    setOutcome(
      await send({
        method: 'PUT',
        path: '/load',
        body: { startRate: perSecond, stages: [{ rate: perSecond, seconds }] },
      }),
    );
  const stop = async (): Promise<void> => setOutcome(await send({ method: 'DELETE', path: '/load' }));
  const answers = Object.entries(load.answers);
  return (
    <section class="panel" aria-labelledby="load">
      <h2 id="load">Send load</h2>
      {load.isAllowed ? (
        <>
          <label class="field">
            <span>
              Accounts opened <b>{rate}/s</b>
            </span>
            <input
              type="range"
              min={1}
              max={mostPerSecond}
              value={rate}
              onInput={({ currentTarget }) => setRate(Number(currentTarget.value))}
              onChange={({ currentTarget }) => {
                if (isRunning) void start(Number(currentTarget.value));
              }}
            />
          </label>
          <div class="buttons">
            {isRunning ? (
              <button type="button" class="primary" onClick={() => void stop()}>
                Stop
              </button>
            ) : (
              <button type="button" class="primary" onClick={() => void start(rate)}>
                Start
              </button>
            )}
            {load.endsAt !== null && (
              <span class="hint">
                {load.rate}/s for {duration(load.endsAt - now)}
              </span>
            )}
          </div>
          {answers.length > 0 && (
            <ul class="answers" aria-label="Answers">
              {answers.map(([status, count]) => (
                <li key={status}>
                  <b>{count}</b> <span class="hint">{answerWords[status] ?? status}</span>
                </li>
              ))}
              {load.skipped > 0 && (
                <li>
                  <b>{load.skipped}</b> <span class="hint">not sent</span>
                </li>
              )}
            </ul>
          )}
        </>
      ) : (
        <p class="hint">This console sends none: start it with CONSOLE_LOAD=true.</p>
      )}
      {outcome && !outcome.isDone && <OutcomeLine outcome={outcome} />}
    </section>
  );
}
