import { useEffect, useState } from 'preact/hooks';
import { type Command, onCommand } from './api.ts';
import type { ConsoleState, PeriodsByReplica, StatePeriod } from './console-state.ts';

/** The circuit breaker of requests. The experiments have others. */
const guidedBreaker = 'customer';

/** When the visitor of this tab has done a step, or has seen it happen, on the server's clock. */
export interface Progress {
  readonly sentLoad?: number;
  readonly injectedFault?: number;
  readonly sawOpen?: number;
  readonly sawRecovery?: number;
}

/** The progress after a command of this visitor. */
export function afterCommand(progress: Progress, { method, path }: Command, now: number): Progress {
  if (method !== 'PUT') return progress;
  if (path === '/load') return { sentLoad: now, ...progress };
  return path.startsWith('/faults') ? { injectedFault: now, ...progress } : progress;
}

/**
 * The progress after state changes of the guided circuit breaker. Only what follows the visitor's fault counts.
 *
 * @param periods on the server's clock, unlike the times of events: the clock of a replica may be another
 */
export function afterChanges(progress: Progress, periods: PeriodsByReplica): Progress {
  const histories = Object.values(periods);
  const firstAfter = (since: number | undefined, isIt: (period: StatePeriod, before?: StatePeriod) => boolean) => {
    const times = histories.flatMap((history) =>
      history.filter((period, index) => isIt(period, history[index - 1])).map(({ from }) => from),
    );
    const later = times.filter((at) => since !== undefined && at >= since);
    return later.length === 0 ? undefined : Math.min(...later);
  };
  const sawOpen = progress.sawOpen ?? firstAfter(progress.injectedFault, ({ state }) => state === 'OPEN');
  const sawRecovery =
    progress.sawRecovery ??
    firstAfter(sawOpen, ({ state }, before) => state === 'CLOSED' && before?.state === 'HALF_OPEN');
  if (sawOpen === progress.sawOpen && sawRecovery === progress.sawRecovery) return progress;
  return { ...progress, ...(sawOpen !== undefined && { sawOpen }), ...(sawRecovery !== undefined && { sawRecovery }) };
}

/** The steps of a first visit. Those before a done step count as done as well. */
export function guideSteps({ sentLoad, injectedFault, sawOpen, sawRecovery }: Progress) {
  const steps = [
    {
      title: 'Send load.',
      text: 'Press Start. Clients open accounts, account calls customer for each, and every success is a green cell.',
      isDone: sentLoad !== undefined,
    },
    {
      title: 'Inject a fault.',
      text: "Enter customer's token and press Errors. Cells turn red, and the failure rate rises to its threshold.",
      isDone: injectedFault !== undefined,
    },
    {
      title: 'See the circuit breaker open.',
      text: 'At the threshold it opens: no request waits for customer, and accounts are accepted for later verification.',
      isDone: sawOpen !== undefined,
    },
    {
      title: 'Clear the faults.',
      text: 'After the wait, a few trial calls succeed, the circuit breaker closes, and pending accounts are verified.',
      isDone: sawRecovery !== undefined,
    },
  ];
  const last = steps.findLastIndex(({ isDone }) => isDone);
  return steps.map((step, index) => ({ ...step, isDone: index <= last }));
}

const progressKey = 'breakwater-guide-progress';

/** The progress of this tab, which a reload keeps. */
function useProgress({ snapshot, periods: { [guidedBreaker]: periods } }: ConsoleState): Progress {
  const [progress, setProgress] = useState(() => JSON.parse(sessionStorage.getItem(progressKey) ?? '{}') as Progress);
  const now = snapshot?.at ?? 0;
  useEffect(() => onCommand((command) => setProgress((before) => afterCommand(before, command, now))), [now]);
  useEffect(() => setProgress((before) => afterChanges(before, periods ?? {})), [periods, progress.injectedFault]);
  useEffect(() => sessionStorage.setItem(progressKey, JSON.stringify(progress)), [progress]);
  return progress;
}

const storageKey = 'breakwater-guide';

/** Guides a new user through the steps, until it is closed. */
export function Guide({ state }: { readonly state: ConsoleState }) {
  const [isOpen, setOpen] = useState(() => localStorage.getItem(storageKey) !== 'closed');
  const steps = guideSteps(useProgress(state));
  if (!isOpen) return null;
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
