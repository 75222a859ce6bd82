import type { Outcome } from '../control/api.ts';

/** How the last command ended; empty, and in its place, before there was one. */
export function OutcomeLine({ outcome }: { readonly outcome: Outcome | undefined }) {
  return (
    <p class={outcome === undefined || outcome.isDone ? 'outcome' : 'outcome outcome-bad'} role="status">
      {outcome?.message}
    </p>
  );
}
