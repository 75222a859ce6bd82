import type { ProcessAction, ReplicaProcess } from '@breakwater/contracts/processes';
import { useState } from 'preact/hooks';
import { type CommandResult, send } from './api.ts';
import { ResultLine } from './result-line.tsx';

interface Props {
  readonly processes: readonly ReplicaProcess[];
  readonly token: string;
}

/** The process of each replica, and buttons that kill it and freeze it. */
export function ProcessControls({ processes, token }: Props) {
  const [result, setResult] = useState<CommandResult>();
  const change = async (name: string, action: ProcessAction): Promise<void> => {
    const sent = await send({ method: 'POST', path: `/processes/${name}/${action}`, token });
    setResult(sent.isDone ? { isDone: true, message: `${name} ${done[action]}` } : sent);
  };
  return (
    <section class="panel" aria-labelledby="processes">
      <h2 id="processes">Processes</h2>
      {token === '' && <p class="hint">Requires the token for customer's faults.</p>}
      <ul class="processes">
        {processes.map(({ name, state }) => (
          <li key={name}>
            <span>
              <b>{name}</b> <span class={state === 'running' ? 'hint' : 'hint tone-bad'}>{state}</span>
            </span>
            <span class="buttons" role="group" aria-label={`Process of ${name}`}>
              <button type="button" title="SIGKILL" onClick={() => void change(name, 'kill')}>
                Kill
              </button>
              {/* One button, so that it keeps the focus. */}
              <button
                type="button"
                title={state === 'frozen' ? 'SIGCONT' : 'SIGSTOP'}
                onClick={() => void change(name, state === 'frozen' ? 'continue' : 'freeze')}
              >
                {state === 'frozen' ? 'Continue' : 'Freeze'}
              </button>
            </span>
          </li>
        ))}
      </ul>
      <ResultLine result={result} />
    </section>
  );
}

const done: Readonly<Record<ProcessAction, string>> = {
  kill: 'was killed. It is started again.',
  freeze: 'is frozen: it keeps its connections, and responds to nothing.',
  continue: 'continues.',
};
