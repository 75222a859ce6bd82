import type { Breaker, WindowOutcome, WindowSecond } from '../../protocol/messages.ts';

/** One cell of a window: a call, or a place for one. */
export type Cell = WindowOutcome | 'EMPTY';

/** A count window as cells, oldest first; the places that are free come last. */
export function cellsOf({
  size,
  outcomes,
}: {
  readonly size: number;
  readonly outcomes: readonly WindowOutcome[];
}): Cell[] {
  return [...outcomes, ...Array.from({ length: Math.max(0, size - outcomes.length) }, (): Cell => 'EMPTY')];
}

/** What ended in one second, as shares of the busiest second from 0 to 1. */
export interface Column {
  readonly calls: number;
  readonly good: number;
  readonly slow: number;
  readonly failed: number;
}

/** A time window as a column for each of its seconds, oldest first; also for those in which nothing ended. */
export function columnsOf(window: {
  readonly size: number;
  readonly epochSecond: number;
  readonly seconds: readonly WindowSecond[];
}): Column[] {
  const bySecond = new Map(window.seconds.map((second) => [second.epochSecond, second]));
  const most = Math.max(1, ...window.seconds.map(({ calls }) => calls));
  return Array.from({ length: window.size }, (_, index) => {
    const second = bySecond.get(window.epochSecond - window.size + 1 + index);
    if (second === undefined) return { calls: 0, good: 0, slow: 0, failed: 0 };
    const { calls, failedCalls, slowCalls, slowFailedCalls } = second;
    const slowOnly = slowCalls - slowFailedCalls;
    return {
      calls,
      good: (calls - failedCalls - slowOnly) / most,
      slow: slowOnly / most,
      failed: failedCalls / most,
    };
  });
}

/** What a window says, for whoever does not see it. */
export function describeWindow({ metrics, window }: Breaker): string {
  const { bufferedCalls, failedCalls, slowCalls } = metrics;
  const room = window?.type === 'TIME_BASED' ? `in the last ${window.size} seconds` : `of ${window?.size ?? 0}`;
  return `${bufferedCalls} calls ${room}: ${failedCalls} failed, ${slowCalls} slow`;
}
