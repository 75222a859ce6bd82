import { useEffect, useState } from 'preact/hooks';
import type { Outcome } from '../control/api.ts';

/** What was done is told for so long: what it tells may no longer be so. */
const shownMs = 6_000;

/** How the last command ended; empty, and in its place, before there was one. Why it failed stays. */
export function OutcomeLine({ outcome }: { readonly outcome: Outcome | undefined }) {
  const [shown, setShown] = useState(outcome);
  useEffect(() => {
    setShown(outcome);
    if (outcome?.isDone !== true) return undefined;
    const timer = setTimeout(() => setShown(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <p class={shown === undefined || shown.isDone ? 'outcome' : 'outcome outcome-bad'} role="status">
      {shown?.message}
    </p>
  );
}
