import { useState } from 'preact/hooks';
import type { ConsoleState } from '../state/console-state.ts';
import { guideOf } from '../state/guide.ts';

const key = 'breakwater-guide';

/** For whoever opens the page for the first time: four things to try, ticked off as they happen. */
export function Guide({ state }: { readonly state: ConsoleState }) {
  const [isOpen, setOpen] = useState(() => localStorage.getItem(key) !== 'closed');
  if (!isOpen) return null;
  const steps = guideOf(state);
  const next = steps.findIndex(({ isDone }) => !isDone);
  const close = (): void => {
    localStorage.setItem(key, 'closed');
    setOpen(false);
  };
  return (
    <section class="panel guide" aria-labelledby="guide">
      <div class="section-head">
        <h2 id="guide">{next === -1 ? 'That was a circuit breaker at work.' : 'New here? Break it and watch.'}</h2>
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
