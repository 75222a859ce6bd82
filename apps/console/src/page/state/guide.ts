import type { ConsoleState } from './console-state.ts';

/** One thing to try, and whether it has been. */
export interface GuideStep {
  readonly title: string;
  readonly text: string;
  readonly isDone: boolean;
}

/** A first experience, step by step; a step is done when it can be seen to be. */
export function guideOf({ snapshot, stays }: ConsoleState): readonly GuideStep[] {
  const histories = Object.values(stays).flatMap((replicas) => Object.values(replicas));
  const opened = histories.some((its) => its.some(({ state }) => state === 'OPEN'));
  const recovered = histories.some((its) =>
    its.some(({ state }, index) => state === 'CLOSED' && its[index - 1]?.state === 'HALF_OPEN'),
  );
  const isBroken = snapshot?.customers.some(({ activeFaults }) => activeFaults.some((fault) => fault !== 'latency'));
  const steps = [
    {
      title: 'Send load.',
      text: 'Press Start: clients open accounts, account asks customer about each, and every answer is a green cell.',
      isDone: (snapshot?.load.sent ?? 0) > 0,
    },
    {
      title: 'Break customer.',
      text: 'Enter its token and press Errors: cells turn red, and the failure rate climbs towards its mark.',
      isDone: isBroken ?? false,
    },
    {
      title: 'See it open.',
      text: 'At the mark the circuit breaker opens: nobody waits for customer any more, and accounts are accepted to be verified later.',
      isDone: opened,
    },
    {
      title: 'Heal customer.',
      text: 'Soon a few calls on trial find it well: the breaker closes by itself, and what is pending falls to none.',
      isDone: recovered,
    },
  ];
  const last = steps.findLastIndex(({ isDone }) => isDone);
  return steps.map((step, index) => ({ ...step, isDone: index <= last }));
}
