import { useState } from 'preact/hooks';
import type { ConsoleState } from './console-state.ts';

/** The steps of a first visit. The data shows which of them are done; those before a done step count as done as well. */
export function guideSteps({ snapshot, periods }: ConsoleState) {
  const histories = Object.values(periods).flatMap((replicas) => Object.values(replicas));
  const hasOpened = histories.some((history) => history.some(({ state }) => state === 'OPEN'));
  const hasRecovered = histories.some((history) =>
    history.some(({ state }, index) => state === 'CLOSED' && history[index - 1]?.state === 'HALF_OPEN'),
  );
  const hasFault = snapshot?.customers.some(({ activeFaults }) => activeFaults.some((fault) => fault !== 'latency'));
  const steps = [
    {
      title: 'Send load.',
      text: 'Press Start. Clients open accounts, account calls customer for each, and every success is a green cell.',
      isDone: (snapshot?.load.sent ?? 0) > 0,
    },
    {
      title: 'Inject a fault.',
      text: "Enter customer's token and press Errors. Cells turn red, and the failure rate rises to its threshold.",
      isDone: hasFault ?? false,
    },
    {
      title: 'See the circuit breaker open.',
      text: 'At the threshold it opens: no request waits for customer, and accounts are accepted for later verification.',
      isDone: hasOpened,
    },
    {
      title: 'Clear the faults.',
      text: 'After the wait, a few trial calls succeed, the circuit breaker closes, and pending accounts are verified.',
      isDone: hasRecovered,
    },
  ];
  const last = steps.findLastIndex(({ isDone }) => isDone);
  return steps.map((step, index) => ({ ...step, isDone: index <= last }));
}

const storageKey = 'breakwater-guide';

/** Guides a new user through the steps, until it is closed. */
export function Guide({ state }: { readonly state: ConsoleState }) {
  const [isOpen, setOpen] = useState(() => localStorage.getItem(storageKey) !== 'closed');
  if (!isOpen) return null;
  const steps = guideSteps(state);
  const next = steps.findIndex(({ isDone }) => !isDone);
  const close = (): void => {
    localStorage.setItem(storageKey, 'closed');
    setOpen(false);
  };
  return (
    <section class="panel guide" aria-labelledby="guide">
      <div class="section-head">
        <h2 id="guide">{next === -1 ? 'You have seen a circuit breaker at work.' : 'First steps'}</h2>
        <button type="button" onClick={close}>
          Close the guide
        </button>
      </div>
      <ol>
        {steps.map(({ title, text, isDone }, index) => (
          <li key={title} class={isDone ? 'is-done' : ''} aria-current={index === next ? 'step' : undefined}>
            <b>{title}</b> {text} {isDone && <span class="unseen">Done.</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
