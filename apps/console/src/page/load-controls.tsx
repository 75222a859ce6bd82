import { useState } from 'preact/hooks';
import { type LoadState, maxRequestsPerSecond } from '../protocol/messages.ts';
import { type CommandResult, send } from './api.ts';
import { duration } from './format.ts';
import { ResultLine } from './result-line.tsx';

const seconds = 300;
/** Accounts per second. */
export const defaultRate = 20;

/** What account means by a status. */
const statusLabels: Readonly<Record<string, string>> = {
  0: 'no response',
  201: '201 opened',
  202: '202 accepted',
  422: '422 unknown or closed customer',
  429: '429 too many requests',
  503: '503 unavailable',
};

/** Starts and stops load, and shows its responses. */
export function LoadControls({ load, now }: { readonly load: LoadState; readonly now: number }) {
  const [rate, setRate] = useState(defaultRate);
  const [result, setResult] = useState<CommandResult>();
  const isRunning = load.rate > 0;
  const start = async (perSecond: number): Promise<void> => {
    const body = { startRate: perSecond, stages: [{ rate: perSecond, seconds }] };
    setResult(await send({ method: 'PUT', path: '/load', body }));
  };
  const stop = async (): Promise<void> => setResult(await send({ method: 'DELETE', path: '/load' }));
  return (
    <section class="panel" aria-labelledby="load">
      <h2 id="load">Load</h2>
      {load.isAllowed ? (
        <>
          <label class="field">
            <span>
              Accounts to open <b>{rate}/s</b>
            </span>
            <input
              type="range"
              min={1}
              max={maxRequestsPerSecond}
              value={rate}
              onInput={({ currentTarget }) => setRate(Number(currentTarget.value))}
              onChange={({ currentTarget }) => {
                if (isRunning) void start(Number(currentTarget.value));
              }}
            />
          </label>
          <div class="buttons">
            <button type="button" class="primary" onClick={() => void (isRunning ? stop() : start(rate))}>
              {isRunning ? 'Stop' : 'Start'}
            </button>
            {load.endsAt !== null && (
              <span class="hint">
                {load.rate}/s for {duration(load.endsAt - now)}
              </span>
            )}
          </div>
          <Responses load={load} />
        </>
      ) : (
        <p class="hint">This console sends no load. Start it with CONSOLE_LOAD=true.</p>
      )}
      {result && !result.isDone && <ResultLine result={result} />}
    </section>
  );
}

function Responses({ load: { responses, skipped } }: { readonly load: LoadState }) {
  const counts = Object.entries(responses).map(([status, count]) => [statusLabels[status] ?? status, count] as const);
  return (
    <ul class="responses" aria-label="Responses">
      {[...counts, ...(skipped > 0 ? [['not sent', skipped] as const] : [])].map(([label, count]) => (
        <li key={label}>
          <b>{count}</b> <span class="hint">{label}</span>
        </li>
      ))}
    </ul>
  );
}
